"""An answer as JSON: the keys of the public contract, numbers in full, absent as null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kg.model.answer import Answer, Pool, Published, Side, Study, Subgroup
from kg.model.question import Question, Term


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer in the words of the contract."""
    made: dict[str, Any] = {
        "id": answer.id,
        "question": question_json(answer.question),
        "protocol": answer.protocol,
        "title": answer.title,
        "sentence": answer.sentence,
        "measure": answer.measure,
        "model": answer.model,
        "method": answer.method,
        "ci_method": answer.ci_method,
        "scale": answer.scale,
        "k_eligible": answer.k_eligible,
        **pool_json(answer.pool),
        "steps": list(answer.steps),
        "warnings": list(answer.warnings),
        "studies": [_study(s) for s in answer.studies],
        "excluded": [asdict(e) for e in answer.excluded],
        "published": published_json(answer.published),
        "provenance": _plain(asdict(answer.provenance)),
    }
    if answer.between_drugs is not None:
        made["between_drugs"] = _plain(asdict(answer.between_drugs))
    if answer.analysis is not None:
        made["analysis"] = answer.analysis
        made["main_analysis"] = answer.main_analysis
        made["ci_level"] = answer.ci_level
        made["subgroups"] = [_subgroup(s) for s in answer.subgroups]
    return made


def question_json(question: Question) -> dict[str, Any]:
    """Return a question: its terms, and the days by which trials were published and known."""
    terms = {name: _term(term) for name, term in question.terms().items()}
    return {**terms, "published_by": question.published_by, "known_by": question.known_by}


def pool_json(pool: Pool) -> dict[str, Any]:
    """Return the fields of a pooled effect."""
    return {
        "k": pool.k,
        "k_rows": pool.k_rows,
        "participants": asdict(pool.participants),
        "estimate": pool.estimate,
        "se": pool.se,
        "ci": _pair(pool.ci),
        "p_value": pool.p_value,
        "prediction_interval": _pair(pool.prediction_interval),
        "pi_df": pool.pi_df,
        "display": _plain(asdict(pool.display)) if pool.display else None,
        "heterogeneity": _plain(asdict(pool.heterogeneity)) if pool.heterogeneity else None,
        "alternatives": [_plain(asdict(a)) for a in pool.alternatives],
    }


def published_json(published: Published | None) -> dict[str, Any] | None:
    """Return the published value."""
    made: dict[str, Any] | None = _plain(asdict(published)) if published else None
    return made


def _subgroup(subgroup: Subgroup) -> dict[str, Any]:
    return {
        "label": subgroup.label,
        **pool_json(subgroup.pool),
        "studies": [_study(s) for s in subgroup.studies],
        "published": published_json(subgroup.published),
    }


def _study(study: Study) -> dict[str, Any]:
    return {
        "trial": study.trial,
        "stratum": study.stratum,
        "label": study.label,
        "year": study.year,
        "experimental": _side(study.experimental),
        "control": _side(study.control),
        "yi": study.yi,
        "vi": study.vi,
        "ci": _pair(study.ci),
        "display": _plain(asdict(study.display)) if study.display else None,
        "weight": study.weight,
        "estimable": study.estimable,
        "steps": list(study.steps),
        "warnings": list(study.warnings),
    }


def _side(side: Side) -> dict[str, Any]:
    made: dict[str, Any] = _plain(asdict(side))
    return made


def _term(term: Term | None) -> dict[str, str] | None:
    return asdict(term) if term else None


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return list(interval) if interval else None


def _plain(value: Any) -> Any:
    """Return tuples as lists, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value

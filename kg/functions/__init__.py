"""Pooling inside SPARQL: functions and aggregates that a query may call on the contrasts of arms that it selects.

No engine knows them. A query is taken apart; its rows come by a plain SELECT, the pools by the functions of ``kg ask``,
and a last query over the values so found does what is left: HAVING, ORDER BY, LIMIT, other aggregates.
"""

from kg.functions.apart import Apart, apart, used
from kg.functions.finished import MOST_ROWS, last_query
from kg.functions.pools import Pools

__all__ = ["MOST_ROWS", "Apart", "Pools", "apart", "last_query", "used"]

"""The compiled functions of ``scipy.special``, without the rest of that package, which takes ten times as long to load.

``scipy.special`` loads all of numpy (``numpy.f2py``, ``numpy.testing`` ...) for what nobody here calls. The functions
themselves are in one extension module: they are the same objects, and so give the same values to the last bit.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

_PACKAGE: Final = "scipy.special"


def _functions() -> Any:
    """Return the extension module, loaded below an empty package where the package itself is not loaded yet."""
    spec = find_spec(_PACKAGE)
    if _PACKAGE not in sys.modules and spec and spec.submodule_search_locations:
        empty = ModuleType(_PACKAGE)
        empty.__path__ = list(spec.submodule_search_locations)
        sys.modules[_PACKAGE] = empty
        try:
            return import_module(f"{_PACKAGE}._ufuncs")
        except ImportError:  # a release that is laid out otherwise
            pass
        finally:
            del sys.modules[_PACKAGE]  # whoever needs the package itself loads it whole
    return import_module(_PACKAGE)


_FUNCTIONS: Final = _functions()

chdtr = _FUNCTIONS.chdtr
chdtrc = _FUNCTIONS.chdtrc
chdtri = _FUNCTIONS.chdtri
fdtrc = _FUNCTIONS.fdtrc
gammaln = _FUNCTIONS.gammaln
log_expit = _FUNCTIONS.log_expit
ndtr = _FUNCTIONS.ndtr
ndtri = _FUNCTIONS.ndtri
stdtr = _FUNCTIONS.stdtr
stdtrit = _FUNCTIONS.stdtrit

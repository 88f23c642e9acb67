import numpy as np
from numpy.typing import NDArray

VERSION: int

def evaluate(
    order: int,
    K: int,
    q: int,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    theta: NDArray[np.float64],
    R: NDArray[np.float64],
    G: NDArray[np.float64],
    C: NDArray[np.float64],
    out: NDArray[np.float64],
    /,
) -> bool: ...
def split(
    J: int,
    K: int,
    width: int,
    no_rank: float,
    refs: NDArray[np.intp],
    q: NDArray[np.float64],
    E: NDArray[np.float64],
    R: NDArray[np.float64],
    G: NDArray[np.float64],
    /,
) -> None: ...
def chain(
    family: int,
    phi: float,
    least: float,
    p: int,
    sizes: NDArray[np.intp],
    starts: NDArray[np.intp],
    Lambda: NDArray[np.float64],
    z: NDArray[np.float64],
    X: NDArray[np.float64],
    beta: NDArray[np.float64],
    base: NDArray[np.float64],
    y: NDArray[np.float64],
    trials: NDArray[np.float64],
    weights: NDArray[np.float64],
    u: NDArray[np.float64],
    out: NDArray[np.float64],
    information: NDArray[np.float64],
    /,
) -> bool: ...
def family_rows(
    family: int,
    phi: float,
    eta: NDArray[np.float64],
    y: NDArray[np.float64],
    trials: NDArray[np.float64],
    weights: NDArray[np.float64],
    slope: NDArray[np.float64],
    curvature: NDArray[np.float64],
    bend: NDArray[np.float64],
    /,
) -> float: ...
def family_dispersion(
    family: int,
    phi: float,
    eta: NDArray[np.float64],
    y: NDArray[np.float64],
    density: NDArray[np.float64],
    slope: NDArray[np.float64],
    curvature: NDArray[np.float64],
    /,
) -> None: ...
def node_sums(
    family: int,
    phi: float,
    K: int,
    starts: NDArray[np.intp],
    x: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    z: NDArray[np.float64],
    A: NDArray[np.float64],
    eta: NDArray[np.float64],
    u: NDArray[np.float64],
    L: NDArray[np.float64],
    y: NDArray[np.float64],
    trials: NDArray[np.float64],
    weights: NDArray[np.float64],
    log_integral: NDArray[np.float64],
    slope: NDArray[np.float64],
    ascent: NDArray[np.float64],
    turned: NDArray[np.float64],
    totals: NDArray[np.float64],
    /,
) -> None: ...
def several_check(sizes: NDArray[np.intp], index: NDArray[np.intp], /) -> bool: ...
def several(
    operation: int,
    p: int,
    products: bool,
    sizes: NDArray[np.intp],
    index: NDArray[np.intp],
    arrays: tuple[NDArray[np.float64], ...],
    /,
) -> float: ...

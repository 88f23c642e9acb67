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

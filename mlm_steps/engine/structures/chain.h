/* Laplace's approximation for one grouping factor or nested factors, group by group. */

#ifndef MLM_CHAIN_H
#define MLM_CHAIN_H

#include "families.h"

/* Largest number of nested factors. */
#define DEEPEST 8

/* One evaluation. Rows are sorted so that those of a level of every factor are adjacent. A position is the place of a
   level in that order; depth 0 is the innermost factor.
   J[d], K[d]: levels and coefficients; T: coefficients of all factors.
   starts[d]: J[d] + 1 numbers, where the rows (d = 0) or the positions of the next inner factor (d > 0) of each
   position start.
   theta: per depth a lower triangular K x K matrix, row after row.
   z: n x T, the innermost factor first; X: n x p.
   u: per depth J x K in the order of positions; on entry a start, on return the modes.
   least: decrement below which the modes are found, for one random effect. */
typedef struct {
    int family, depth;
    idx n, p, T;
    idx J[DEEPEST], K[DEEPEST], offset[DEEPEST];
    const idx *starts[DEEPEST];
    double phi, least;
    const double *Lambda[DEEPEST];
    const double *z, *X, *beta, *base, *y, *trials, *weights;
    double *u[DEEPEST];
} Chain;

/* Write the parts of the output: the sum of a l, |u|^2, log|H|, then the gradient: T x T of which the blocks of one
   factor are in Lambda, p of the fixed effects, 1 of log(phi) without the part that does not depend on eta.
   information, unless NULL: p x p, X' V^-1 X for V = W^-1 + A A', the lower triangle.
   Return 1, or 0 where the modes are not found, or -1 without memory. */
int chain_laplace(const Chain *chain, double *out, double *information);

#endif

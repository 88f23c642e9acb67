/* The loops over rows and levels for several grouping factors, of which the first one is eliminated. */

#ifndef MLM_SEVERAL_H
#define MLM_SEVERAL_H

#include "families.h"

/* Largest number of factors beside the eliminated one. */
#define MOST_OTHERS 8

/* The structure. Rows are sorted by the levels of the eliminated factor.
   J, K: its levels and coefficients; q: random effects of the others; T: coefficients of all factors in a row.
   rows: J + 1 numbers, where the rows of each level start.
   Per other factor: Kf, the place of its coefficients in a row, where its effects start among the q; `first`, J + 1
   numbers, where the cells of each level start; `column`, the first of the q effects of each cell; `cell`, the cell of
   each row. */
typedef struct {
    idx n, J, K, q, T, others;
    const idx *rows;
    idx Kf[MOST_OTHERS], offset[MOST_OTHERS], start[MOST_OTHERS], cells[MOST_OTHERS];
    const idx *first[MOST_OTHERS], *column[MOST_OTHERS], *cell[MOST_OTHERS];
} Several;

/* Number of elements of the blocks of all cells. */
idx several_blocks(const Several *s);

/* eta = base + A u; u holds J x K effects, then q. */
void several_eta(const Several *s, const double *a, const double *u, const double *base, double *eta);

/* right += A' values, J x K then q. */
void several_gather(const Several *s, const double *a, const double *values, double *right);

/* Eliminate the first factor: L (J x K x K), Y = L^-1 C in the cells, M = I + A' W A - Y' Y of the others (q x q, zeros
   on entry, the lower triangle column after column). Without `products` Y' Y is not subtracted.
   Return the first factor's log-determinant, or NaN where there is no factor. */
double several_eliminate(const Several *s, const double *a, const double *curvature, int products, double *L, double *Y,
                         double *M);

/* right: the first part becomes L^-1 of it, the second loses Y' of that. */
void several_forward(const Several *s, const double *L, const double *Y, double *right);

/* right: the first part becomes L^-T (it - Y times the second part), the solution. */
void several_backward(const Several *s, const double *L, const double *Y, double *right);

/* t: of every row the part of H^-1 a in its own levels, n x T; Q is M^-1, the lower triangle column after column.
   across holds Y Q in the cells, or with `products` it is only memory.
   Return 0, or -1 without memory. */
int several_project(const Several *s, const double *a, int products, const double *L, const double *Y, const double *Q,
                    double *t, double *across);

/* The gradient in Lambda (T x T, of which the blocks of one factor are written) and in the fixed effects (p). Av is
   A v. */
void several_gradient(const Several *s, const double *z, idx p, const double *X, const double *slope,
                      const double *curvature, const double *q, const double *t, const double *Av, const double *u,
                      const double *v, double *in_Lambda, double *in_beta);

#endif

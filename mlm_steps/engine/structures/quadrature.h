/* Sums over the nodes of adaptive Gauss-Hermite quadrature for one grouping factor. */

#ifndef MLM_QUADRATURE_H
#define MLM_QUADRATURE_H

#include "families.h"

/* The rows of one grouping factor, sorted by group, at the modes.
   J, K, nodes: groups, coefficients per group, nodes of the grid.
   starts: J + 1 numbers, where the rows of each group start; a group may be empty.
   x: nodes x K; log_weights: nodes.
   z, A: n x K, the columns and the columns times Lambda; eta: n, at the modes.
   u: J x K, the modes; L: J x K x K, lower triangular, L L' = H. */
typedef struct {
    int family;
    idx J, K, nodes;
    double phi;
    const idx *starts;
    const double *x, *log_weights, *z, *A, *eta, *u, *L, *y, *trials, *weights;
} Grid;

/* Where the sums go: log_integral J, slope n, ascent J x K, turned J x K x K, in_Lambda K x K, log_phi 1,
   without the part that does not depend on eta. */
typedef struct {
    double *log_integral, *slope, *ascent, *turned, *in_Lambda, *log_phi;
} NodeSums;

/* Write the sums; return 0, or -1 without memory. */
int sum_over_nodes(const Grid *grid, const NodeSums *out);

#endif

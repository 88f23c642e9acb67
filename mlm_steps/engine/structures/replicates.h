/* The criterion of many replicates of a model with one grouping factor, each at its own theta. */

#ifndef MLM_REPLICATES_H
#define MLM_REPLICATES_H

#include "levels.h"

/* The replicates. An array that all of them share has the step 0 between replicates, else the size of one.
   R: J x K x K; X: J x K x p; y: J x K; count: J, weight of a level in log|L|^2 and its derivatives.
   Cxx, Cxy, Cyy: cross-products of X and y outside the span of the random effects; df: n - p by REML, n by ML. */
typedef struct {
    idx J, K, p, m;
    int reml;
    const idx *rows, *columns;
    const double *R, *X, *y, *count, *Cxx, *Cxy, *Cyy, *df;
    idx R_step, X_step, Cxx_step, df_step;
} Replicates;

/* Number of doubles that one evaluation writes: the value, log|L|^2, log|RX|^2, r^2, beta (p), gradient (m), Hessian
   (m x m), RX (p x p), and m x q x q derivatives in theta of [X RX^-T, e]' V^-1 [X RX^-T, e], e = y - X beta held
   fixed, q = p + 1. */
idx replicate_size(const Replicates *s);

/* Evaluate the replicates `which` at theta (count x m); where the criterion does not exist, all is NaN and the value
   infinite. Return 0, or -1 without memory. */
int evaluate_replicates(const Replicates *s, idx count, const idx *which, const double *theta, double *out);

#endif

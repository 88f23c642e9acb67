/* What levels.c computes: the criterion of models with one grouping factor, and columns split within levels. */

#ifndef MLM_LEVELS_H
#define MLM_LEVELS_H

#include <math.h>
#include <stdint.h>

typedef intptr_t idx;

/* Inlined with constant sizes, the loops over coefficients and columns are unrolled. */
#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* How much `evaluate` computes. PROJECTIONS computes the functions and the projections, no derivatives. */
enum { VALUES, GRADIENTS, HESSIANS, PROJECTIONS };

/* The parts of the output of `evaluate`, in their order. h = K (K + 1) / 2.
   FUNCTIONS     log|L|^2, log|RX|^2, r^2
   BETA          p
   RX            p x p, lower triangular
   GRADIENT      3 x m: of the three functions in theta
   INFORMATION   m x p x p: RX^-1 (derivative of X' V^-1 X in theta) RX^-T
   IN_SIGMA      3 x K x K: derivatives of the three functions in Sigma = Lambda Lambda'
   HESSIAN       3 x m x m
   UU            h x h: sum over the levels of U (x) U for U = Z_j' V^-1 Z_j
   PROJECTION    J x K x q: Z_j' V^-1 [X RX^-T, y - X beta] */
enum { FUNCTIONS, BETA, RX, GRADIENT, INFORMATION, IN_SIGMA, HESSIAN, UU, PROJECTION, PARTS };

/* The names of the parts in Python. */
extern const char *const PART_NAMES[PARTS];

/* One evaluation. The caller sets the sizes, indices and inputs; `evaluate` sets the rest. q = p + 1. */
typedef struct {
    idx J, K, q, p, m;
    const idx *rows, *columns;
    const double *theta, *R, *G, *C;
    double *L, *T; /* per level: K*K each */
    double *white; /* J x K x (K + q): L_j^-1 [R_j G_j] */
    double *Lambda, *S, *beta;
    double log_det, log_det_RX2, pwrss;
} Problem;

/* Write where each part of the output starts, and after the last one the size of the output, in doubles: PARTS + 1
   numbers. A part that this order does not compute has size 0. */
void lay_out(int order, idx J, idx K, idx p, idx m, idx *starts);

/* Write the parts of the output. Return 1, or 0 where the criterion does not exist, or -1 without memory. */
int evaluate(Problem *problem, int order, double *out);

/* Compute Z_j = Q_j R_j for every level by Gram and Schmidt's method, each column orthogonalised twice, then
   G_j = Q_j' data_j and the residuals of the data. A column counts as dependent when the other columns leave no more than `no_rank` of
   its length.
   q: K x n, on entry the columns of Z; E: width x n, on entry the data; R: J x K x K and G: J x K x width, zeros.
   Return 0, or -1 without memory. */
int split(idx n, idx J, idx K, idx width, const idx *refs, double no_rank, double *q, double *E, double *R, double *G);

/* Factor I + T T' = L L'; return the log-determinant, or NaN where rounding leaves no factor. */
static inline double factor_level(idx K, const double *T, double *L)
{
    if (K == 1) {
        L[0] = sqrt(1.0 + T[0] * T[0]);
        return 2.0 * log(L[0]);
    }
    if (K == 2) {
        /* |M| = 1 + |T|^2 + det(T)^2 never cancels. */
        const double a = T[0], b = T[1], c = T[2], d = T[3];
        const double M11 = 1.0 + a * a + b * b, minor = a * d - b * c;
        const double determinant = M11 + c * c + d * d + minor * minor;
        L[0] = sqrt(M11);
        L[2] = (a * c + b * d) / L[0];
        L[3] = sqrt(determinant / M11);
        return log(determinant);
    }
    double product = 1.0;
    for (idx a = 0; a < K; a++)
        for (idx b = 0; b <= a; b++) {
            double sum = a == b ? 1.0 : 0.0;
            for (idx c = 0; c < K; c++)
                sum += T[a * K + c] * T[b * K + c];
            for (idx c = 0; c < b; c++)
                sum -= L[a * K + c] * L[b * K + c];
            if (a == b) {
                if (!(sum > 0.0))
                    return NAN;
                L[a * K + a] = sqrt(sum);
                product *= L[a * K + a];
            } else
                L[a * K + b] = sum / L[b * K + b];
        }
    return 2.0 * log(product);
}

#endif

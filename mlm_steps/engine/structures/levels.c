/* The loops over rows and levels of models with one grouping factor, without Python.

   groups.py and levels.py explain the same algebra and do it with numpy. An evaluation is one loop over the levels for
   L_j^-1 [R_j G_j], the fixed effects, one loop for the sums of products that the derivatives need, and the
   chain rule. Arrays are C-contiguous. */

#include "levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Levels whose terms are summed before they join the total: rounding grows with J / BLOCK, not with J. */
#define BLOCK 64

/* White = L_j^-1 [R_j G_j] for every level, S = C + sum of G' V^-1 G; return 0 where some M_j has no factor. */
INLINED int whiten(Problem *s, idx K, idx q)
{
    const idx width = K + q;
    double total = 0.0;
    double *block = s->S + q * q;
    memset(s->S, 0, 2 * q * q * sizeof(double));
    for (idx start = 0; start < s->J; start += BLOCK) {
        const idx stop = start + BLOCK < s->J ? start + BLOCK : s->J;
        double part = 0.0;
        memset(block, 0, q * q * sizeof(double));
        for (idx j = start; j < stop; j++) {
            const double *R = s->R + j * K * K, *G = s->G + j * K * q;
            double *out = s->white + j * K * width;
            for (idx a = 0; a < K; a++)
                for (idx b = 0; b < K; b++) {
                    double sum = 0.0;
                    for (idx c = 0; c < K; c++)
                        sum += R[a * K + c] * s->Lambda[c * K + b];
                    s->T[a * K + b] = sum;
                }
            part += factor_level(K, s->T, s->L);
            for (idx a = 0; a < K; a++) {
                double *row = out + a * width;
                memcpy(row, R + a * K, K * sizeof(double));
                memcpy(row + K, G + a * q, q * sizeof(double));
                for (idx c = 0; c < a; c++) {
                    const double times = s->L[a * K + c];
                    const double *above = out + c * width;
                    for (idx i = 0; i < width; i++)
                        row[i] -= times * above[i];
                }
                const double inverse = 1.0 / s->L[a * K + a];
                for (idx i = 0; i < width; i++)
                    row[i] *= inverse;
                const double *g = row + K;
                for (idx i = 0; i < q; i++)
                    for (idx k = 0; k <= i; k++)
                        block[i * q + k] += g[i] * g[k];
            }
        }
        total += part;
        for (idx i = 0; i < q * q; i++)
            s->S[i] += block[i];
    }
    for (idx i = 0; i < q; i++)
        for (idx k = 0; k <= i; k++)
            s->S[i * q + k] += s->C[i * q + k];
    s->log_det = total;
    return isfinite(total);
}

/* Cholesky factor of S in place, and the fixed effects; return 0 where it is not positive definite. */
static int solve_fixed(Problem *s)
{
    const idx q = s->q, p = s->p;
    double *L = s->S;
    s->log_det_RX2 = 0.0;
    for (idx i = 0; i < q; i++)
        for (idx k = 0; k <= i; k++) {
            double sum = L[i * q + k];
            for (idx c = 0; c < k; c++)
                sum -= L[i * q + c] * L[k * q + c];
            if (i != k) {
                L[i * q + k] = sum / L[k * q + k];
                continue;
            }
            if (!(sum > 0.0) || !isfinite(sum))
                return 0;
            L[i * q + i] = sqrt(sum);
            if (i < p)
                s->log_det_RX2 += 2.0 * log(L[i * q + i]);
        }
    s->pwrss = L[p * q + p] * L[p * q + p];
    for (idx i = p - 1; i >= 0; i--) {
        double sum = L[p * q + i];
        for (idx c = i + 1; c < p; c++)
            sum -= L[c * q + i] * s->beta[c];
        s->beta[i] = sum / L[i * q + i];
    }
    return 1;
}

/* One row of L_j^-1 [X RX^-T, y - X beta], from that of L_j^-1 [X y]. */
INLINED void project(const Problem *s, idx q, const double *LG, double *inner)
{
    const idx p = q - 1;
    double left = LG[p];
    for (idx i = 0; i < p; i++) {
        double sum = LG[i];
        for (idx k = 0; k < i; k++)
            sum -= inner[k] * s->S[i * q + k];
        inner[i] = sum / s->S[i * q + i];
        left -= LG[i] * s->beta[i];
    }
    inner[p] = left;
}

/* Z_j' V^-1 [X RX^-T, y - X beta] for every level, J x K x q. */
static void project_levels(const Problem *s, double *W, double *inner)
{
    const idx K = s->K, q = s->q, width = K + q;
    memset(W, 0, s->J * K * q * sizeof(double));
    for (idx j = 0; j < s->J; j++, W += K * q)
        for (idx c = 0; c < K; c++) {
            const double *LR = s->white + (j * K + c) * width;
            project(s, q, LR + K, inner);
            for (idx a = 0; a < K; a++)
                for (idx i = 0; i < q; i++)
                    W[a * q + i] += LR[a] * inner[i];
        }
}

/* Sums over the levels of U = Z' V^-1 Z, of W W' for W = Z' V^-1 [X RX^-T, y - X beta], and with `second` of
   A (x) U for A = U, F = W_x W_x' and f = w_y w_y'. Symmetric K x K matrices are kept as their h = K (K + 1) / 2
   lower elements; W W' as its lower triangle. */
INLINED void sum_products(Problem *s, idx K, idx q, double *U_sum, double *WW, double *AU, int second,
                          double *scratch)
{
    const idx p = q - 1, width = K + q, h = K * (K + 1) / 2, w = K * q;
    double *U = scratch, *A = U + h, *W = A + 3 * h, *inner = W + w;
    double *block = inner + q;
    const idx sizes = h + w * w + (second ? 3 * h * h : 0);
    double *U_block = block, *WW_block = U_block + h, *AU_block = WW_block + w * w;
    memset(U_sum, 0, h * sizeof(double));
    memset(WW, 0, w * w * sizeof(double));
    if (second)
        memset(AU, 0, 3 * h * h * sizeof(double));
    for (idx start = 0; start < s->J; start += BLOCK) {
        const idx stop = start + BLOCK < s->J ? start + BLOCK : s->J;
        memset(block, 0, sizes * sizeof(double));
        for (idx j = start; j < stop; j++) {
            const double *white = s->white + j * K * width;
            memset(W, 0, w * sizeof(double));
            memset(U, 0, h * sizeof(double));
            for (idx c = 0; c < K; c++) {
                const double *LR = white + c * width;
                project(s, q, LR + K, inner);
                idx at = 0;
                for (idx a = 0; a < K; a++) {
                    for (idx b = 0; b <= a; b++)
                        U[at++] += LR[a] * LR[b];
                    for (idx i = 0; i < q; i++)
                        W[a * q + i] += LR[a] * inner[i];
                }
            }
            for (idx a = 0; a < h; a++)
                U_block[a] += U[a];
            for (idx a = 0; a < w; a++)
                for (idx b = 0; b <= a; b++)
                    WW_block[a * w + b] += W[a] * W[b];
            if (!second)
                continue;
            idx at = 0;
            for (idx a = 0; a < K; a++)
                for (idx b = 0; b <= a; b++, at++) {
                    double sum = 0.0;
                    for (idx i = 0; i < p; i++)
                        sum += W[a * q + i] * W[b * q + i];
                    A[at] = U[at];
                    A[h + at] = sum;
                    A[2 * h + at] = W[a * q + p] * W[b * q + p];
                }
            for (idx a = 0; a < 3 * h; a++)
                for (idx b = 0; b < h; b++)
                    AU_block[a * h + b] += A[a] * U[b];
        }
        for (idx a = 0; a < h; a++)
            U_sum[a] += U_block[a];
        for (idx a = 0; a < w * w; a++)
            WW[a] += WW_block[a];
        if (second)
            for (idx a = 0; a < 3 * h * h; a++)
                AU[a] += AU_block[a];
    }
    for (idx a = 0; a < w; a++)
        for (idx b = a + 1; b < w; b++)
            WW[a * w + b] = WW[b * w + a];
}

static idx half(idx a, idx b) { return a >= b ? a * (a + 1) / 2 + b : b * (b + 1) / 2 + a; }

/* Gradients and Hessians in theta from the derivatives P_s in Sigma = Lambda Lambda' (chain rule). */
static void chain(const Problem *s, const double *U_sum, const double *WW, const double *AU, double *P,
                  double *gradients, double *hessians, double *moved, double *turned)
{
    const idx K = s->K, q = s->q, p = s->p, m = s->m, w = K * q, h = K * (K + 1) / 2;
    for (idx a = 0; a < K; a++)
        for (idx b = 0; b < K; b++) {
            double sum = 0.0;
            for (idx i = 0; i < p; i++)
                sum += WW[(a * q + i) * w + b * q + i];
            P[a * K + b] = U_sum[half(a, b)];
            P[K * K + a * K + b] = -sum;
            P[2 * K * K + a * K + b] = -WW[(a * q + p) * w + b * q + p];
        }
    for (idx f = 0; f < 3; f++)
        for (idx r = 0; r < m; r++) {
            double sum = 0.0;
            for (idx c = 0; c < K; c++)
                sum += P[f * K * K + s->rows[r] * K + c] * s->Lambda[c * K + s->columns[r]];
            gradients[f * m + r] = 2.0 * sum;
        }
    /* The tangent of Sigma is e l' + l e' for e the unit vector of the row and l the column of Lambda. */
    for (idx r = 0; r < m; r++)
        for (idx i = 0; i < q; i++)
            for (idx k = 0; k < q; k++) {
                double sum = 0.0;
                for (idx c = 0; c < K; c++)
                    sum += s->Lambda[c * K + s->columns[r]]
                           * (WW[(s->rows[r] * q + i) * w + c * q + k] + WW[(c * q + i) * w + s->rows[r] * q + k]);
                moved[(r * q + i) * q + k] = -sum;
            }
    if (hessians == NULL)
        return;
    for (idx f = 0; f < 3; f++)
        for (idx r = 0; r < m; r++) {
            /* turned = U E A summed over the levels, E the tangent of r; then its product with every tangent. */
            for (idx d = 0; d < K; d++)
                for (idx a = 0; a < K; a++) {
                    double sum = 0.0;
                    for (idx c = 0; c < K; c++) {
                        const double l = s->Lambda[c * K + s->columns[r]];
                        sum += l * (AU[(f * h + half(a, s->rows[r])) * h + half(c, d)]
                                    + AU[(f * h + half(a, c)) * h + half(s->rows[r], d)]);
                    }
                    turned[d * K + a] = sum;
                }
            for (idx t = 0; t < m; t++) {
                double sum = 0.0;
                for (idx c = 0; c < K; c++)
                    sum += s->Lambda[c * K + s->columns[t]]
                           * (turned[s->rows[t] * K + c] + turned[c * K + s->rows[t]]);
                hessians[(f * m + r) * m + t] = f ? sum : -sum;
            }
        }
    for (idx f = 0; f < 3; f++) {
        double *H = hessians + f * m * m;
        for (idx r = 0; r < m; r++)
            for (idx t = 0; t <= r; t++) {
                double sum = f ? H[r * m + t] + H[t * m + r] : 0.5 * (H[r * m + t] + H[t * m + r]);
                const double *one = moved + r * q * q, *other = moved + t * q * q;
                if (f == 1)
                    for (idx i = 0; i < p; i++)
                        for (idx k = 0; k < p; k++)
                            sum -= one[i * q + k] * other[i * q + k];
                if (f == 2)
                    for (idx i = 0; i < p; i++)
                        sum -= 2.0 * one[i * q + p] * other[i * q + p];
                if (s->columns[r] == s->columns[t])
                    sum += 2.0 * P[f * K * K + s->rows[r] * K + s->rows[t]];
                H[r * m + t] = H[t * m + r] = sum;
            }
    }
}

const char *const PART_NAMES[PARTS] = {"functions", "beta",     "RX", "gradients",  "information",
                                       "in_Sigma",  "hessians", "UU", "projections"};

void lay_out(int order, idx J, idx K, idx p, idx m, idx *starts)
{
    const idx h = K * (K + 1) / 2;
    const int gradients = order == GRADIENTS || order == HESSIANS, hessians = order == HESSIANS;
    const idx sizes[PARTS] = {
        [FUNCTIONS] = 3,
        [BETA] = p,
        [RX] = p * p,
        [GRADIENT] = gradients ? 3 * m : 0,
        [INFORMATION] = gradients ? m * p * p : 0,
        [IN_SIGMA] = gradients ? 3 * K * K : 0,
        [HESSIAN] = hessians ? 3 * m * m : 0,
        [UU] = hessians ? h * h : 0,
        [PROJECTION] = order == PROJECTIONS ? J * K * (p + 1) : 0,
    };
    starts[0] = 0;
    for (int part = 0; part < PARTS; part++)
        starts[part + 1] = starts[part] + sizes[part];
}

INLINED int evaluate_sized(Problem *s, idx K, idx q, int order, double *out)
{
    const idx p = s->p, m = s->m, h = K * (K + 1) / 2, w = K * q;
    const idx own = 3 * K * K + 2 * q * q, white = s->J * K * (K + q);
    const idx sums = h + w * w + 3 * h * h, scratch = 4 * h + w + q + sums + K * K;
    idx starts[PARTS + 1];
    lay_out(order, s->J, K, p, m, starts);
    double *memory = malloc((own + white + sums + m * q * q + scratch) * sizeof(double));
    if (memory == NULL)
        return -1;
    s->L = memory, s->T = s->L + K * K, s->Lambda = s->T + K * K, s->S = s->Lambda + K * K;
    s->white = s->S + 2 * q * q;
    s->beta = out + starts[BETA];
    memset(s->Lambda, 0, K * K * sizeof(double));
    for (idx r = 0; r < m; r++)
        s->Lambda[s->rows[r] * K + s->columns[r]] = s->theta[r];
    const int exists = whiten(s, K, q) && solve_fixed(s);
    if (exists) {
        double *functions = out + starts[FUNCTIONS], *factor = out + starts[RX];
        functions[0] = s->log_det, functions[1] = s->log_det_RX2, functions[2] = s->pwrss;
        for (idx i = 0; i < p; i++)
            for (idx k = 0; k < p; k++)
                factor[i * p + k] = k <= i ? s->S[i * q + k] : 0.0;
    }
    if (exists && order == PROJECTIONS)
        project_levels(s, out + starts[PROJECTION], s->white + white);
    if (exists && (order == GRADIENTS || order == HESSIANS)) {
        double *U_sum = s->white + white, *WW = U_sum + h, *AU = WW + w * w, *moved = AU + 3 * h * h;
        double *free_part = moved + m * q * q, *information = out + starts[INFORMATION];
        sum_products(s, K, q, U_sum, WW, AU, order == HESSIANS, free_part);
        chain(s, U_sum, WW, AU, out + starts[IN_SIGMA], out + starts[GRADIENT],
              order == HESSIANS ? out + starts[HESSIAN] : NULL, moved, free_part);
        for (idx r = 0; r < m; r++)
            for (idx i = 0; i < p; i++)
                memcpy(information + (r * p + i) * p, moved + (r * q + i) * q, p * sizeof(double));
        if (order == HESSIANS)
            memcpy(out + starts[UU], AU, h * h * sizeof(double));
    }
    free(memory);
    return exists;
}

int evaluate(Problem *s, int order, double *out)
{
/* With constant sizes the loops over coefficients and columns are unrolled. The operations and their order, and so the
   digits, are those of the loops of other sizes. */
#define SIZES(k, w) \
    if (s->K == k && s->q == w) \
        return evaluate_sized(s, k, w, order, out);
    SIZES(1, 2) SIZES(1, 3) SIZES(1, 4) SIZES(1, 5) SIZES(1, 6)
    SIZES(2, 2) SIZES(2, 3) SIZES(2, 4) SIZES(2, 5) SIZES(2, 6)
    SIZES(3, 3) SIZES(3, 4) SIZES(3, 5) SIZES(3, 6)
    return evaluate_sized(s, s->K, s->q, order, out);
}

int split(idx n, idx J, idx K, idx width, const idx *refs, double no_rank, double *q, double *E, double *R,
          double *G)
{
    double *part = malloc(2 * J * sizeof(double));
    if (part == NULL)
        return -1;
    double *before = part + J;
    for (idx a = 0; a < K; a++) {
        double *column = q + a * n;
        memset(before, 0, J * sizeof(double));
        for (idx i = 0; i < n; i++)
            before[refs[i]] += column[i] * column[i];
        for (idx again = 0; again < 2; again++)
            for (idx b = 0; b < a; b++) {
                const double *other = q + b * n;
                memset(part, 0, J * sizeof(double));
                for (idx i = 0; i < n; i++)
                    part[refs[i]] += other[i] * column[i];
                for (idx j = 0; j < J; j++)
                    R[(j * K + b) * K + a] += part[j];
                for (idx i = 0; i < n; i++)
                    column[i] -= other[i] * part[refs[i]];
            }
        memset(part, 0, J * sizeof(double));
        for (idx i = 0; i < n; i++)
            part[refs[i]] += column[i] * column[i];
        for (idx j = 0; j < J; j++) {
            const double length = sqrt(part[j]);
            const int independent = length > no_rank * sqrt(before[j]);
            R[(j * K + a) * K + a] = independent ? length : 0.0;
            part[j] = independent ? 1.0 / length : 0.0;
        }
        for (idx i = 0; i < n; i++)
            column[i] *= part[refs[i]];
        for (idx c = 0; c < width; c++) {
            double *left = E + c * n;
            memset(part, 0, J * sizeof(double));
            for (idx i = 0; i < n; i++)
                part[refs[i]] += column[i] * left[i];
            for (idx j = 0; j < J; j++)
                G[(j * K + a) * width + c] = part[j];
            for (idx i = 0; i < n; i++)
                left[i] -= column[i] * part[refs[i]];
        }
    }
    free(part);
    return 0;
}

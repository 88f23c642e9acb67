/* The criterion of many replicates of a model with one grouping factor, without Python.

   batch.py explains the same algebra and does it with numpy. An evaluation is one loop over the levels for
   U_j = Z_j' V^-1 Z_j, w_j = Z_j' V_j^-1 [X_j y_j] and the cross-products of [X y], the fixed effects, one loop for
   the sums of products that the derivatives need, and the chain rule. Symmetric K x K matrices are kept as their
   h = K (K + 1) / 2 lower elements. Arrays are C-contiguous. */

#include "replicates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Levels whose terms are summed before they join the total: rounding grows with J / BLOCK, not with J. */
#define BLOCK 64

/* Memory of one evaluation. */
typedef struct {
    double *Lambda, *white, *U, *w;   /* K x K; K x q; J x h; J x K x q */
    double *S, *S_block, *inverse;    /* q x q each; inverse of RX */
    double *WW, *WW_block;            /* (K q) x (K q) each, lower triangles */
    double *AU, *AU_block;            /* h x h each */
    double *U_sum, *W, *A;            /* h; K x q; h */
    double *P, *turned;               /* K x K each */
} Work;

static idx half(idx a, idx b) { return a >= b ? a * (a + 1) / 2 + b : b * (b + 1) / 2 + a; }

static idx work_size(const Replicates *s)
{
    const idx K = s->K, q = s->p + 1, h = K * (K + 1) / 2, w = K * q;
    return 3 * K * K + 2 * w + s->J * (h + w) + 3 * q * q + 2 * w * w + 2 * h * h + 2 * h;
}

static void divide(const Replicates *s, double *memory, Work *work)
{
    const idx K = s->K, q = s->p + 1, h = K * (K + 1) / 2, w = K * q;
    work->Lambda = memory, memory += K * K;
    work->P = memory, memory += K * K;
    work->turned = memory, memory += K * K;
    work->white = memory, memory += w;
    work->W = memory, memory += w;
    work->U = memory, memory += s->J * h;
    work->w = memory, memory += s->J * w;
    work->S = memory, memory += q * q;
    work->S_block = memory, memory += q * q;
    work->inverse = memory, memory += q * q;
    work->WW = memory, memory += w * w;
    work->WW_block = memory, memory += w * w;
    work->AU = memory, memory += h * h;
    work->AU_block = memory, memory += h * h;
    work->U_sum = memory, memory += h;
    work->A = memory;
}

/* U_j and w_j of every level, S += the cross-products; return the sum of count * log|M_j|. */
INLINED double whiten(const Replicates *s, const idx K, idx b, Work *work)
{
    const idx p = s->p, q = p + 1, h = K * (K + 1) / 2;
    const double *R = s->R + b * s->R_step, *X = s->X + b * s->X_step, *y = s->y + b * s->J * K;
    double total = 0.0;
    for (idx start = 0; start < s->J; start += BLOCK) {
        const idx stop = start + BLOCK < s->J ? start + BLOCK : s->J;
        double part = 0.0;
        memset(work->S_block, 0, q * q * sizeof(double));
        for (idx j = start; j < stop; j++) {
            double T[K * K], L[K * K], LR[K * K];
            const double *Rj = R + j * K * K;
            for (idx a = 0; a < K; a++)
                for (idx c = 0; c < K; c++) {
                    double sum = 0.0;
                    for (idx d = 0; d < K; d++)
                        sum += Rj[a * K + d] * work->Lambda[d * K + c];
                    T[a * K + c] = sum;
                }
            const double log_det = factor_level(K, T, L);
            part += s->count[j] * log_det;
            for (idx a = 0; a < K; a++) {
                double *row = work->white + a * q;
                memcpy(row, X + (j * K + a) * p, p * sizeof(double));
                row[p] = y[j * K + a];
                for (idx c = 0; c < K; c++)
                    LR[a * K + c] = Rj[a * K + c];
                for (idx c = 0; c < a; c++) {
                    const double times = L[a * K + c];
                    const double *above = work->white + c * q;
                    for (idx i = 0; i < q; i++)
                        row[i] -= times * above[i];
                    for (idx d = 0; d < K; d++)
                        LR[a * K + d] -= times * LR[c * K + d];
                }
                const double over = 1.0 / L[a * K + a];
                for (idx i = 0; i < q; i++)
                    row[i] *= over;
                for (idx d = 0; d < K; d++)
                    LR[a * K + d] *= over;
            }
            for (idx i = 0; i < q; i++)
                for (idx k = 0; k <= i; k++) {
                    double sum = 0.0;
                    for (idx a = 0; a < K; a++)
                        sum += work->white[a * q + i] * work->white[a * q + k];
                    work->S_block[i * q + k] += sum;
                }
            double *U = work->U + j * h, *w = work->w + j * K * q;
            for (idx a = 0; a < K; a++) {
                for (idx c = 0; c <= a; c++) {
                    double sum = 0.0;
                    for (idx d = 0; d < K; d++)
                        sum += LR[d * K + a] * LR[d * K + c];
                    *U++ = sum;
                }
                for (idx i = 0; i < q; i++) {
                    double sum = 0.0;
                    for (idx d = 0; d < K; d++)
                        sum += LR[d * K + a] * work->white[d * q + i];
                    w[a * q + i] = sum;
                }
            }
        }
        total += part;
        for (idx i = 0; i < q * q; i++)
            work->S[i] += work->S_block[i];
    }
    return total;
}

/* Cholesky factor of S in place, the inverse of its part RX, beta and log|RX|^2; return 0 where there is none. */
static int solve_fixed(idx p, double *L, double *inverse, double *beta, double *log_det)
{
    const idx q = p + 1;
    *log_det = 0.0;
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
                *log_det += 2.0 * log(L[i * q + i]);
        }
    for (idx i = p - 1; i >= 0; i--) {
        double sum = L[p * q + i];
        for (idx c = i + 1; c < p; c++)
            sum -= L[c * q + i] * beta[c];
        beta[i] = sum / L[i * q + i];
    }
    for (idx i = 0; i < p; i++)
        for (idx k = 0; k <= i; k++) {
            double sum = i == k ? 1.0 : 0.0;
            for (idx c = k; c < i; c++)
                sum -= L[i * q + c] * inverse[c * p + k];
            inverse[i * p + k] = sum / L[i * q + i];
        }
    return 1;
}

/* Sums over the levels of U, of W W' for W = Z' V^-1 [X RX^-T, e], and of A (x) U for
   A = -count U + 2 reml W_x W_x' + 2 share w_e w_e'. */
INLINED void sum_products(const Replicates *s, const idx K, const double *beta, double share, Work *work)
{
    const idx p = s->p, q = p + 1, h = K * (K + 1) / 2, w = K * q;
    double *const W = work->W, *const A = work->A;
    memset(work->U_sum, 0, h * sizeof(double));
    memset(work->WW, 0, w * w * sizeof(double));
    memset(work->AU, 0, h * h * sizeof(double));
    for (idx start = 0; start < s->J; start += BLOCK) {
        const idx stop = start + BLOCK < s->J ? start + BLOCK : s->J;
        memset(work->WW_block, 0, w * w * sizeof(double));
        memset(work->AU_block, 0, h * h * sizeof(double));
        for (idx j = start; j < stop; j++) {
            const double *U = work->U + j * h;
            for (idx a = 0; a < K; a++) {
                const double *from = work->w + (j * K + a) * q;
                double left = from[p];
                for (idx i = 0; i < p; i++) {
                    const double *inverse = work->inverse + i * p;
                    double sum = 0.0;
                    for (idx k = 0; k <= i; k++)
                        sum += inverse[k] * from[k];
                    W[a * q + i] = sum;
                    left -= beta[i] * from[i];
                }
                W[a * q + p] = left;
            }
            for (idx x = 0; x < w; x++) {
                double *row = work->WW_block + x * w;
                const double times = W[x];
                for (idx z = 0; z <= x; z++)
                    row[z] += times * W[z];
            }
            idx at = 0;
            for (idx a = 0; a < K; a++)
                for (idx c = 0; c <= a; c++, at++) {
                    double sum = 0.0;
                    if (s->reml)
                        for (idx i = 0; i < p; i++)
                            sum += W[a * q + i] * W[c * q + i];
                    A[at] = 2.0 * (sum + share * W[a * q + p] * W[c * q + p]) - s->count[j] * U[at];
                    work->U_sum[at] += s->count[j] * U[at];
                }
            for (idx x = 0; x < h; x++)
                for (idx z = 0; z < h; z++)
                    work->AU_block[x * h + z] += A[x] * U[z];
        }
        for (idx x = 0; x < w * w; x++)
            work->WW[x] += work->WW_block[x];
        for (idx x = 0; x < h * h; x++)
            work->AU[x] += work->AU_block[x];
    }
    for (idx x = 0; x < w; x++)
        for (idx z = x + 1; z < w; z++)
            work->WW[x * w + z] = work->WW[z * w + x];
}

/* Gradient, Hessian and the derivatives `moved` of the cross-products in theta (chain rule). */
static void chain(const Replicates *s, double share, double df, Work *work, double *gradient, double *hessian,
                  double *moved)
{
    const idx K = s->K, p = s->p, q = p + 1, m = s->m, w = K * q, h = K * (K + 1) / 2;
    const idx *rows = s->rows, *columns = s->columns;
    const double *Lambda = work->Lambda, *WW = work->WW, *AU = work->AU;
    double *P = work->P;
    for (idx a = 0; a < K; a++)
        for (idx c = 0; c < K; c++) {
            double sum = share * WW[(a * q + p) * w + c * q + p];
            if (s->reml)
                for (idx i = 0; i < p; i++)
                    sum += WW[(a * q + i) * w + c * q + i];
            P[a * K + c] = work->U_sum[half(a, c)] - sum;
        }
    /* The tangent of Sigma is e l' + l e' for e the unit vector of the row and l the column of Lambda. */
    for (idx r = 0; r < m; r++) {
        const idx row = rows[r];
        const double *l = Lambda + columns[r];
        double sum = 0.0;
        for (idx c = 0; c < K; c++)
            sum += P[row * K + c] * l[c * K];
        gradient[r] = 2.0 * sum;
        for (idx i = 0; i < q; i++)
            for (idx k = 0; k <= i; k++) {
                double product = 0.0;
                for (idx c = 0; c < K; c++)
                    product += l[c * K] * (WW[(row * q + i) * w + c * q + k] + WW[(c * q + i) * w + row * q + k]);
                moved[(r * q + i) * q + k] = moved[(r * q + k) * q + i] = -product;
            }
        /* turned = U E A summed over the levels, E the tangent of r; then its product with every tangent. */
        for (idx d = 0; d < K; d++)
            for (idx a = 0; a < K; a++) {
                double product = 0.0;
                for (idx c = 0; c < K; c++)
                    product += l[c * K] * (AU[half(a, row) * h + half(c, d)] + AU[half(a, c) * h + half(row, d)]);
                work->turned[d * K + a] = product;
            }
        for (idx t = 0; t < m; t++) {
            double product = 0.0;
            for (idx c = 0; c < K; c++)
                product += Lambda[c * K + columns[t]] * (work->turned[rows[t] * K + c] + work->turned[c * K + rows[t]]);
            hessian[r * m + t] = product;
        }
    }
    for (idx r = 0; r < m; r++)
        for (idx t = 0; t <= r; t++) {
            const double *one = moved + r * q * q, *other = moved + t * q * q;
            double sum = 0.5 * (hessian[r * m + t] + hessian[t * m + r]), cross = 0.0, square = 0.0;
            for (idx i = 0; i < p; i++)
                cross += one[i * q + p] * other[i * q + p];
            if (s->reml)
                for (idx i = 0; i < p; i++)
                    for (idx k = 0; k < p; k++)
                        square += one[i * q + k] * other[i * q + k];
            const double relative = one[p * q + p] * share * other[p * q + p] * share;
            sum -= 2.0 * share * cross + relative / df + square;
            if (columns[r] == columns[t])
                sum += 2.0 * P[rows[r] * K + rows[t]];
            hessian[r * m + t] = hessian[t * m + r] = sum;
        }
}

/* One replicate; return 0 where the criterion does not exist. */
INLINED int evaluate_one(const Replicates *s, const idx K, idx b, const double *theta, Work *work, double *out)
{
    const idx p = s->p, q = p + 1, m = s->m;
    const double *Cxx = s->Cxx + b * s->Cxx_step, *Cxy = s->Cxy + b * p, df = s->df[b * s->df_step];
    double *beta = out + 4, *gradient = beta + p, *hessian = gradient + m, *RX_out = hessian + m * m;
    double *moved = RX_out + p * p;
    memset(work->Lambda, 0, K * K * sizeof(double));
    for (idx r = 0; r < m; r++)
        work->Lambda[s->rows[r] * K + s->columns[r]] = theta[r];
    memset(work->S, 0, q * q * sizeof(double));
    out[1] = whiten(s, K, b, work);
    for (idx i = 0; i < p; i++) {
        for (idx k = 0; k <= i; k++)
            work->S[i * q + k] += Cxx[i * p + k];
        work->S[p * q + i] += Cxy[i];
    }
    work->S[p * q + p] += s->Cyy[b];
    if (!isfinite(out[1]) || !solve_fixed(p, work->S, work->inverse, beta, out + 2))
        return 0;
    out[3] = work->S[p * q + p] * work->S[p * q + p];
    out[0] = out[1] + (s->reml ? out[2] : 0.0) + df * log(out[3]);
    for (idx i = 0; i < p; i++)
        for (idx k = 0; k < p; k++)
            RX_out[i * p + k] = k <= i ? work->S[i * q + k] : 0.0;
    sum_products(s, K, beta, df / out[3], work);
    chain(s, df / out[3], df, work, gradient, hessian, moved);
    int exists = isfinite(out[0]);
    for (idx r = 0; r < m; r++)
        exists = exists && isfinite(gradient[r]);
    return exists;
}

static int evaluate_any(const Replicates *s, idx b, const double *theta, Work *work, double *out)
{
    switch (s->K) {
    case 1:
        return evaluate_one(s, 1, b, theta, work, out);
    case 2:
        return evaluate_one(s, 2, b, theta, work, out);
    case 3:
        return evaluate_one(s, 3, b, theta, work, out);
    default:
        return evaluate_one(s, s->K, b, theta, work, out);
    }
}

idx replicate_size(const Replicates *s)
{
    const idx q = s->p + 1;
    return 4 + s->p + s->m + s->m * s->m + s->p * s->p + s->m * q * q;
}

int evaluate_replicates(const Replicates *s, idx count, const idx *which, const double *theta, double *out)
{
    const idx size = replicate_size(s);
    double *memory = malloc(work_size(s) * sizeof(double));
    if (memory == NULL)
        return -1;
    Work work;
    divide(s, memory, &work);
    for (idx at = 0; at < count; at++, theta += s->m, out += size)
        if (!evaluate_any(s, which[at], theta, &work, out)) {
            for (idx i = 0; i < size; i++)
                out[i] = NAN;
            out[0] = INFINITY;
        }
    free(memory);
    return 0;
}

/* Loops for several grouping factors; weighted_several.py explains the same algebra and does it with numpy. */

#include "several.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the block of a cell starts in Y: the blocks of the factors before f come first. */
static idx place(const Several *s, int f, idx cell)
{
    idx before = 0;
    for (int g = 0; g < f; g++)
        before += s->cells[g] * s->K * s->Kf[g];
    return before + cell * s->K * s->Kf[f];
}

idx several_blocks(const Several *s) { return place(s, (int)s->others, 0); }

/* Whether there are two factors with one coefficient each, for which shorter loops are faster. */
static int scalar(const Several *s) { return s->others == 1 && s->K == 1 && s->Kf[0] == 1; }

void several_eta(const Several *s, const double *a, const double *u, const double *base, double *eta)
{
    const idx K = s->K, T = s->T;
    const double *outer = u + s->J * K;
    if (scalar(s)) {
        for (idx j = 0; j < s->J; j++)
            for (idx i = s->rows[j]; i < s->rows[j + 1]; i++)
                eta[i] = base[i] + a[2 * i] * u[j] + a[2 * i + 1] * outer[s->column[0][s->cell[0][i]]];
        return;
    }
    for (idx j = 0; j < s->J; j++)
        for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
            const double *own = a + i * T;
            double sum = base[i];
            for (idx k = 0; k < K; k++)
                sum += own[k] * u[j * K + k];
            for (idx f = 0; f < s->others; f++) {
                const double *effects = outer + s->column[f][s->cell[f][i]], *part = own + s->offset[f];
                for (idx k = 0; k < s->Kf[f]; k++)
                    sum += part[k] * effects[k];
            }
            eta[i] = sum;
        }
}

void several_gather(const Several *s, const double *a, const double *values, double *right)
{
    const idx K = s->K, T = s->T;
    double *outer = right + s->J * K;
    if (scalar(s)) {
        for (idx j = 0; j < s->J; j++) {
            double sum = right[j];
            for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
                sum += a[2 * i] * values[i];
                outer[s->column[0][s->cell[0][i]]] += a[2 * i + 1] * values[i];
            }
            right[j] = sum;
        }
        return;
    }
    for (idx j = 0; j < s->J; j++)
        for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
            const double *own = a + i * T, value = values[i];
            for (idx k = 0; k < K; k++)
                right[j * K + k] += own[k] * value;
            for (idx f = 0; f < s->others; f++) {
                double *sums = outer + s->column[f][s->cell[f][i]];
                const double *part = own + s->offset[f];
                for (idx k = 0; k < s->Kf[f]; k++)
                    sums[k] += part[k] * value;
            }
        }
}

/* The rows' products: D = I + sum of w a a' in L (lower triangles), C in Y, and the others' in M. */
static void products_of(const Several *s, const double *a, const double *curvature, double *L, double *Y, double *M)
{
    const idx K = s->K, T = s->T, q = s->q;
    memset(Y, 0, several_blocks(s) * sizeof(double));
    for (idx k = 0; k < q; k++)
        M[k * q + k] += 1.0;
    if (scalar(s)) {
        for (idx j = 0; j < s->J; j++) {
            double D = 1.0;
            for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
                const double left = curvature[i] * a[2 * i], right = a[2 * i + 1];
                const idx cell = s->cell[0][i], column = s->column[0][cell];
                D += left * a[2 * i];
                Y[cell] += left * right;
                M[column * q + column] += curvature[i] * right * right;
            }
            L[j] = D;
        }
        return;
    }
    for (idx j = 0; j < s->J; j++) {
        double *D = L + j * K * K;
        memset(D, 0, K * K * sizeof(double));
        for (idx k = 0; k < K; k++)
            D[k * K + k] = 1.0;
        for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
            const double *own = a + i * T, w = curvature[i];
            for (idx k = 0; k < K; k++)
                for (idx b = 0; b <= k; b++)
                    D[k * K + b] += w * own[k] * own[b];
            for (idx f = 0; f < s->others; f++) {
                const idx cell = s->cell[f][i], Kf = s->Kf[f], column = s->column[f][cell];
                const double *part = own + s->offset[f];
                double *C = Y + place(s, (int)f, cell);
                for (idx k = 0; k < K; k++)
                    for (idx b = 0; b < Kf; b++)
                        C[k * Kf + b] += w * own[k] * part[b];
                for (idx g = 0; g <= f; g++) {
                    const idx other = s->column[g][s->cell[g][i]];
                    const double *across = own + s->offset[g];
                    for (idx b = 0; b < Kf; b++)
                        for (idx k = 0; k < s->Kf[g]; k++) {
                            const idx row = column + b, at = other + k;
                            if (row >= at)
                                M[at * q + row] += w * part[b] * across[k];
                        }
                }
            }
        }
    }
}

/* M -= Y' Y for the cells of one level. */
static void subtract(const Several *s, idx j, const double *Y, double *M)
{
    const idx K = s->K, q = s->q;
    if (scalar(s)) {
        for (idx d = s->first[0][j]; d < s->first[0][j + 1]; d++) {
            double *column = M + s->column[0][d] * q;
            for (idx c = d; c < s->first[0][j + 1]; c++)
                column[s->column[0][c]] -= Y[c] * Y[d];
        }
        return;
    }
    for (idx g = 0; g < s->others; g++)
        for (idx d = s->first[g][j]; d < s->first[g][j + 1]; d++) {
            const idx Kg = s->Kf[g], at = s->column[g][d];
            const double *right = Y + place(s, (int)g, d);
            for (idx f = g; f < s->others; f++) {
                const idx Kf = s->Kf[f];
                for (idx c = f == g ? d : s->first[f][j]; c < s->first[f][j + 1]; c++) {
                    const double *left = Y + place(s, (int)f, c);
                    double *block = M + at * q + s->column[f][c];
                    if (K == 1 && Kf == 1 && Kg == 1) {
                        block[0] -= left[0] * right[0];
                        continue;
                    }
                    for (idx b = 0; b < Kf; b++)
                        for (idx e = 0; e < Kg; e++) {
                            double sum = 0.0;
                            for (idx k = 0; k < K; k++)
                                sum += left[k * Kf + b] * right[k * Kg + e];
                            if (s->column[f][c] + b >= at + e)
                                block[e * q + b] -= sum;
                        }
                }
            }
        }
}

double several_eliminate(const Several *s, const double *a, const double *curvature, int products, double *L, double *Y,
                         double *M)
{
    const idx K = s->K;
    double total = 0.0;
    products_of(s, a, curvature, L, Y, M);
    for (idx j = 0; j < s->J; j++) {
        double *D = L + j * K * K;
        for (idx k = 0; k < K; k++)
            for (idx b = 0; b <= k; b++) {
                double sum = D[k * K + b];
                for (idx c = 0; c < b; c++)
                    sum -= D[k * K + c] * D[b * K + c];
                if (b < k)
                    D[k * K + b] = sum / D[b * K + b];
                else if (sum > 0.0 && isfinite(sum)) {
                    D[k * K + k] = sqrt(sum);
                    total += log(sum);
                } else
                    return NAN;
            }
        for (idx f = 0; f < s->others; f++) {
            const idx Kf = s->Kf[f];
            for (idx c = s->first[f][j]; c < s->first[f][j + 1]; c++) {
                double *block = Y + place(s, (int)f, c);
                for (idx k = 0; k < K; k++)
                    for (idx b = 0; b < Kf; b++) {
                        double sum = block[k * Kf + b];
                        for (idx d = 0; d < k; d++)
                            sum -= D[k * K + d] * block[d * Kf + b];
                        block[k * Kf + b] = sum / D[k * K + k];
                    }
            }
        }
        if (products)
            subtract(s, j, Y, M);
    }
    return total;
}

void several_forward(const Several *s, const double *L, const double *Y, double *right)
{
    const idx K = s->K;
    double *outer = right + s->J * K;
    for (idx j = 0; j < s->J; j++) {
        double *own = right + j * K;
        const double *D = L + j * K * K;
        for (idx k = 0; k < K; k++) {
            for (idx b = 0; b < k; b++)
                own[k] -= D[k * K + b] * own[b];
            own[k] /= D[k * K + k];
        }
        for (idx f = 0; f < s->others; f++)
            for (idx c = s->first[f][j]; c < s->first[f][j + 1]; c++) {
                const idx Kf = s->Kf[f];
                const double *block = Y + place(s, (int)f, c);
                for (idx b = 0; b < Kf; b++)
                    for (idx k = 0; k < K; k++)
                        outer[s->column[f][c] + b] -= block[k * Kf + b] * own[k];
            }
    }
}

void several_backward(const Several *s, const double *L, const double *Y, double *right)
{
    const idx K = s->K;
    const double *outer = right + s->J * K;
    for (idx j = 0; j < s->J; j++) {
        double *own = right + j * K;
        const double *D = L + j * K * K;
        for (idx f = 0; f < s->others; f++)
            for (idx c = s->first[f][j]; c < s->first[f][j + 1]; c++) {
                const idx Kf = s->Kf[f];
                const double *block = Y + place(s, (int)f, c), *effects = outer + s->column[f][c];
                for (idx k = 0; k < K; k++)
                    for (idx b = 0; b < Kf; b++)
                        own[k] -= block[k * Kf + b] * effects[b];
            }
        for (idx k = K - 1; k >= 0; k--) {
            for (idx b = k + 1; b < K; b++)
                own[k] -= D[b * K + k] * own[b];
            own[k] /= D[k * K + k];
        }
    }
}

/* x = L^-T x for a K x m block, row after row. */
static void back_solve(idx K, idx m, const double *D, double *x)
{
    for (idx k = K - 1; k >= 0; k--)
        for (idx b = 0; b < m; b++) {
            double sum = x[k * m + b];
            for (idx d = k + 1; d < K; d++)
                sum -= D[d * K + k] * x[d * m + b];
            x[k * m + b] = sum / D[k * K + k];
        }
}

/* The element of Q in any order of its places. */
static double element(const double *Q, idx q, idx row, idx column)
{
    return row >= column ? Q[column * q + row] : Q[row * q + column];
}

/* The block of Y Q in a cell: the sum over the level's cells. */
static void product_in_cell(const Several *s, idx j, const double *Y, const double *Q, idx column, idx Kf, double *block)
{
    const idx K = s->K, q = s->q;
    memset(block, 0, K * Kf * sizeof(double));
    for (idx g = 0; g < s->others; g++) {
        const idx Kg = s->Kf[g];
        for (idx d = s->first[g][j]; d < s->first[g][j + 1]; d++) {
            const idx at = s->column[g][d];
            const double *left = Y + place(s, (int)g, d);
            for (idx e = 0; e < Kg; e++)
                for (idx b = 0; b < Kf; b++) {
                    const double value = element(Q, q, at + e, column + b);
                    for (idx k = 0; k < K; k++)
                        block[k * Kf + b] += left[k * Kg + e] * value;
                }
        }
    }
}

/* For one level, across: -L^-T (Y Q) in its cells, and own: L^-T (I + Y Q Y') L^-1. */
static void level_inverse(const Several *s, idx j, int products, const double *L, const double *Y, const double *Q,
                          double *across, double *own)
{
    const idx K = s->K;
    const double *D = L + j * K * K;
    for (idx k = 0; k < K; k++)
        for (idx b = 0; b < K; b++)
            own[k * K + b] = k == b ? 1.0 : 0.0;
    for (idx f = 0; f < s->others; f++)
        for (idx c = s->first[f][j]; c < s->first[f][j + 1]; c++) {
            const idx Kf = s->Kf[f], column = s->column[f][c];
            const double *right = Y + place(s, (int)f, c);
            double *block = across + place(s, (int)f, c);
            if (products)
                product_in_cell(s, j, Y, Q, column, Kf, block);
            for (idx k = 0; k < K; k++)
                for (idx d = 0; d < K; d++)
                    for (idx b = 0; b < Kf; b++)
                        own[k * K + d] += block[k * Kf + b] * right[d * Kf + b];
            back_solve(K, Kf, D, block);
            for (idx k = 0; k < K * Kf; k++)
                block[k] = -block[k];
        }
    back_solve(K, K, D, own);
    for (idx k = 0; k < K; k++)
        for (idx b = 0; b < k; b++) {
            const double value = own[k * K + b];
            own[k * K + b] = own[b * K + k];
            own[b * K + k] = value;
        }
    back_solve(K, K, D, own);
}

int several_project(const Several *s, const double *a, int products, const double *L, const double *Y, const double *Q,
                    double *t, double *across)
{
    const idx K = s->K, T = s->T, q = s->q;
    double *own = malloc(K * K * sizeof(double));
    if (own == NULL)
        return -1;
    for (idx j = 0; j < s->J; j++) {
        level_inverse(s, j, products, L, Y, Q, across, own);
        for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
            const double *x = a + i * T;
            double *out = t + i * T;
            for (idx k = 0; k < K; k++) {
                double sum = 0.0;
                for (idx b = 0; b < K; b++)
                    sum += own[k * K + b] * x[b];
                out[k] = sum;
            }
            for (idx f = 0; f < s->others; f++) {
                const idx cell = s->cell[f][i], Kf = s->Kf[f], column = s->column[f][cell];
                const double *block = across + place(s, (int)f, cell), *part = x + s->offset[f];
                double *result = out + s->offset[f];
                for (idx b = 0; b < Kf; b++) {
                    double sum = 0.0;
                    for (idx k = 0; k < K; k++) {
                        sum += block[k * Kf + b] * x[k];
                        out[k] += block[k * Kf + b] * part[b];
                    }
                    for (idx g = 0; g < s->others; g++) {
                        const idx at = s->column[g][s->cell[g][i]];
                        const double *other = x + s->offset[g];
                        for (idx k = 0; k < s->Kf[g]; k++)
                            sum += element(Q, q, column + b, at + k) * other[k];
                    }
                    result[b] = sum;
                }
            }
        }
    }
    free(own);
    return 0;
}

/* Add the blocks of one factor: rows of z by columns of c u + g v + 2 w t. */
static void add_block(idx T, idx at, idx K, const double *z, const double *t, double along, double g, double twice,
                      const double *u, const double *v, double *in_Lambda)
{
    for (idx k = 0; k < K; k++) {
        const double column = z[at + k];
        for (idx b = 0; b <= k; b++)
            in_Lambda[(at + k) * T + at + b] += column * (along * u[b] + g * v[b] + twice * t[at + b]);
    }
}

void several_gradient(const Several *s, const double *z, idx p, const double *X, const double *slope,
                      const double *curvature, const double *q, const double *t, const double *Av, const double *u,
                      const double *v, double *in_Lambda, double *in_beta)
{
    const idx K = s->K, T = s->T, inner = s->J * K;
    for (idx j = 0; j < s->J; j++)
        for (idx i = s->rows[j]; i < s->rows[j + 1]; i++) {
            const double along = q[i] - 2.0 * slope[i] - curvature[i] * Av[i], twice = 2.0 * curvature[i];
            const double *columns = z + i * T, *projected = t + i * T, *x = X + i * p;
            for (idx k = 0; k < p; k++)
                in_beta[k] += along * x[k];
            add_block(T, 0, K, columns, projected, along, slope[i], twice, u + j * K, v + j * K, in_Lambda);
            for (idx f = 0; f < s->others; f++) {
                const idx at = inner + s->column[f][s->cell[f][i]];
                add_block(T, s->offset[f], s->Kf[f], columns, projected, along, slope[i], twice, u + at, v + at,
                          in_Lambda);
            }
        }
}

/* Conditional modes, Laplace's approximation and its gradient for one grouping factor or nested factors.

   weighted_chain.py, modes.py and laplace.py explain the same algebra and do it with numpy. The rows of a level of
   the outermost factor share no random effect with others. Their modes are found by Newton's method and their part of
   the gradient is added before the next level is touched, so that everything stays in the processor's cache. */

#include "chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_STEPS 100
#define MOST_HALVINGS 40
#define ROUNDING 1e-13
/* As in newton_end.py. */
#define STALLED 1e4
#define LEAST_GAIN 0.01

/* The memory of one outermost level: `size` rows, and positions per depth. */
typedef struct {
    idx rows, first[DEEPEST], count[DEEPEST], T[DEEPEST];
    double *a, *base, *eta, *slope, *curvature, *bend, *t, *q;
    double *front[DEEPEST], *right[DEEPEST], *L[DEEPEST], *Y[DEEPEST], *s[DEEPEST], *path[DEEPEST], *P[DEEPEST];
    double *u[DEEPEST], *old[DEEPEST], *step[DEEPEST], *vpath[DEEPEST], *root, *across;
} Work;

/* The position at depth d + 1, counted within the group, in which position j of depth d lies. */
static idx parent_of(const Chain *c, const Work *w, int d, idx j, idx from)
{
    const idx *starts = c->starts[d + 1] + w->first[d + 1];
    while (starts[from + 1] <= w->first[d] + j)
        from++;
    return from;
}

/* Write the values of each level and of the levels around it side by side: path[d] from own[d]. */
static void spread(const Chain *c, const Work *w, double *const *own, double *const *path)
{
    for (int d = c->depth - 1; d >= 0; d--) {
        const idx K = c->K[d], T = w->T[d];
        idx parent = 0;
        for (idx j = 0; j < w->count[d]; j++) {
            memcpy(path[d] + j * T, own[d] + j * K, K * sizeof(double));
            if (d + 1 < c->depth) {
                parent = parent_of(c, w, d, j, parent);
                memcpy(path[d] + j * T + K, path[d + 1] + parent * (T - K), (T - K) * sizeof(double));
            }
        }
    }
}

/* Forward elimination of one level at depth d: L, Y and s from front and right; return 0 where there is no factor. */
static int eliminate(idx K, idx T, const double *front, const double *right, double *L, double *Y, double *s)
{
    const idx outer = T - K;
    for (idx a = 0; a < K; a++) {
        for (idx b = 0; b <= a; b++) {
            double sum = front[a * T + b] + (a == b ? 1.0 : 0.0);
            for (idx k = 0; k < b; k++)
                sum -= L[a * K + k] * L[b * K + k];
            if (a != b)
                L[a * K + b] = sum / L[b * K + b];
            else if (sum > 0.0 && isfinite(sum))
                L[a * K + a] = sqrt(sum);
            else
                return 0;
        }
        const double inverse = 1.0 / L[a * K + a];
        double own = right[a];
        for (idx k = 0; k < a; k++)
            own -= L[a * K + k] * s[k];
        s[a] = own * inverse;
        for (idx b = 0; b < outer; b++) {
            double sum = front[(K + b) * T + a];
            for (idx k = 0; k < a; k++)
                sum -= L[a * K + k] * Y[k * outer + b];
            Y[a * outer + b] = sum * inverse;
        }
    }
    return 1;
}

/* One pass over the rows of the group at u: return h, with the rows' derivatives; NaN where it does not exist. */
static double pass(const Chain *c, Work *w, idx row)
{
    const idx T = c->T;
    double squares = 0.0;
    spread(c, w, w->u, w->path);
    for (idx j = 0; j < w->count[0]; j++) {
        const double *u = w->path[0] + j * T;
        const idx start = c->starts[0][w->first[0] + j] - row, stop = c->starts[0][w->first[0] + j + 1] - row;
        if (T == 1)
            for (idx i = start; i < stop; i++)
                w->eta[i] = w->base[i] + w->a[i] * u[0];
        else
            for (idx i = start; i < stop; i++) {
                double sum = w->base[i];
                for (idx k = 0; k < T; k++)
                    sum += w->a[i * T + k] * u[k];
                w->eta[i] = sum;
            }
    }
    for (int d = 0; d < c->depth; d++)
        for (idx k = 0; k < w->count[d] * c->K[d]; k++)
            squares += w->u[d][k] * w->u[d][k];
    return family_rows(c->family, c->phi, w->rows, w->eta, c->y + row, c->trials + row, c->weights + row, w->slope,
                       w->curvature, w->bend)
           - 0.5 * squares;
}

/* right[0] += the sum of a times values of each innermost level; front[0] too where `products`. */
static void gather(const Chain *c, Work *w, idx row, const double *values, int products)
{
    const idx T = c->T;
    memset(w->right[0], 0, w->count[0] * T * sizeof(double));
    if (products)
        memset(w->front[0], 0, w->count[0] * T * T * sizeof(double));
    for (idx j = 0; j < w->count[0]; j++) {
        const idx start = c->starts[0][w->first[0] + j] - row, stop = c->starts[0][w->first[0] + j + 1] - row;
        double *right = w->right[0] + j * T, *front = w->front[0] + j * T * T;
        if (T == 1) {
            double g = 0.0, f = 0.0;
            for (idx i = start; i < stop; i++) {
                const double a = w->a[i];
                g += values[i] * a;
                f += w->curvature[i] * a * a;
            }
            right[0] = g;
            if (products)
                front[0] = f;
            continue;
        }
        for (idx i = start; i < stop; i++) {
            const double *a = w->a + i * T;
            for (idx k = 0; k < T; k++) {
                right[k] += values[i] * a[k];
                if (products) {
                    const double scaled = w->curvature[i] * a[k];
                    for (idx b = 0; b <= k; b++)
                        front[k * T + b] += scaled * a[b];
                }
            }
        }
    }
}

/* Eliminate all levels of the group, the innermost first. With `products` the factorisation is new, and the right
   sides lose u; otherwise only the right sides are eliminated. Return 0 where there is no factor. */
static int forward(const Chain *c, Work *w, int products)
{
    for (int d = 0; d < c->depth; d++) {
        const idx K = c->K[d], T = w->T[d], outer = T - K;
        idx parent = 0;
        if (d + 1 < c->depth) {
            memset(w->right[d + 1], 0, w->count[d + 1] * outer * sizeof(double));
            if (products)
                memset(w->front[d + 1], 0, w->count[d + 1] * outer * outer * sizeof(double));
        }
        for (idx j = 0; j < w->count[d]; j++) {
            double *right = w->right[d] + j * T, *L = w->L[d] + j * K * K, *Y = w->Y[d] + j * K * outer;
            double *s = w->s[d] + j * K, *front = w->front[d] + j * T * T;
            if (products) {
                for (idx a = 0; a < K; a++)
                    right[a] -= w->u[d][j * K + a];
                if (!eliminate(K, T, front, right, L, Y, s))
                    return 0;
            } else
                for (idx a = 0; a < K; a++) {
                    double own = right[a];
                    for (idx k = 0; k < a; k++)
                        own -= L[a * K + k] * s[k];
                    s[a] = own / L[a * K + a];
                }
            if (d + 1 == c->depth)
                continue;
            parent = parent_of(c, w, d, j, parent);
            double *up = w->right[d + 1] + parent * outer, *above = w->front[d + 1] + parent * outer * outer;
            for (idx a = 0; a < outer; a++) {
                double sum = right[K + a];
                for (idx k = 0; k < K; k++)
                    sum -= Y[k * outer + a] * s[k];
                up[a] += sum;
                if (!products)
                    continue;
                for (idx b = 0; b <= a; b++) {
                    double product = front[(K + a) * T + K + b];
                    for (idx k = 0; k < K; k++)
                        product -= Y[k * outer + a] * Y[k * outer + b];
                    above[a * outer + b] += product;
                }
            }
        }
    }
    return 1;
}

/* Write the solution, from the outermost level inwards: own[d] and path[d]. */
static void backward(const Chain *c, const Work *w, double *const *own, double *const *path)
{
    for (int d = c->depth - 1; d >= 0; d--) {
        const idx K = c->K[d], T = w->T[d], outer = T - K;
        idx parent = 0;
        for (idx j = 0; j < w->count[d]; j++) {
            const double *L = w->L[d] + j * K * K, *Y = w->Y[d] + j * K * outer, *s = w->s[d] + j * K;
            double *x = own[d] + j * K, *whole = path[d] + j * T;
            const double *above = whole + K;
            if (outer) {
                parent = parent_of(c, w, d, j, parent);
                memcpy(whole + K, path[d + 1] + parent * outer, outer * sizeof(double));
            }
            for (idx a = K - 1; a >= 0; a--) {
                double sum = s[a];
                for (idx b = 0; b < outer; b++)
                    sum -= Y[a * outer + b] * above[b];
                for (idx k = a + 1; k < K; k++)
                    sum -= L[k * K + a] * x[k];
                x[a] = sum / L[a * K + a];
            }
            memcpy(whole, x, K * sizeof(double));
        }
    }
}

/* Find the modes of the group; return 0 where they are not found. h is written. */
static int find_modes(const Chain *c, Work *w, idx row, double *h)
{
    idx effects = 1;
    for (int d = 0; d < c->depth; d++)
        effects += w->count[d] * c->K[d];
    const double least = c->least * (double)effects;
    double before = -INFINITY, last = INFINITY;
    int halvings = 0;
    for (int steps = 0; steps < MOST_STEPS + MOST_HALVINGS; steps++) {
        *h = pass(c, w, row);
        if (steps && !(*h >= before - ROUNDING * (1.0 + fabs(before)))) {
            if (++halvings > MOST_HALVINGS)
                return 0;
            for (int d = 0; d < c->depth; d++)
                for (idx k = 0; k < w->count[d] * c->K[d]; k++) {
                    w->step[d][k] *= 0.5;
                    w->u[d][k] = w->old[d][k] + w->step[d][k];
                }
            continue;
        }
        halvings = 0;
        gather(c, w, row, w->slope, 1);
        if (!forward(c, w, 1))
            return 0;
        double decrement = 0.0;
        for (int d = 0; d < c->depth; d++)
            for (idx k = 0; k < w->count[d] * c->K[d]; k++)
                decrement += w->s[d][k] * w->s[d][k];
        if (!isfinite(decrement))
            return 0;
        if (decrement <= least || (decrement <= STALLED * least && decrement > LEAST_GAIN * last))
            return 1;
        last = decrement;
        backward(c, w, w->step, w->vpath);
        before = *h;
        for (int d = 0; d < c->depth; d++)
            for (idx k = 0; k < w->count[d] * c->K[d]; k++) {
                w->old[d][k] = w->u[d][k];
                w->u[d][k] += w->step[d][k];
            }
    }
    return 0;
}

/* The blocks of H^-1 of each level and the levels around it: P[d], T x T. */
static void invert(const Chain *c, Work *w)
{
    for (int d = c->depth - 1; d >= 0; d--) {
        const idx K = c->K[d], T = w->T[d], outer = T - K;
        idx parent = 0;
        for (idx j = 0; j < w->count[d]; j++) {
            const double *L = w->L[d] + j * K * K, *Y = w->Y[d] + j * K * outer;
            double *P = w->P[d] + j * T * T, *root = w->root, *moved = w->root + K * K;
            /* root = L^-T, moved = L^-T Y. */
            for (idx b = 0; b < K; b++)
                for (idx a = K - 1; a >= 0; a--) {
                    double sum = a == b ? 1.0 : 0.0;
                    for (idx k = a + 1; k <= b; k++)
                        sum -= L[k * K + a] * root[k * K + b];
                    root[a * K + b] = a > b ? 0.0 : sum / L[a * K + a];
                }
            for (idx a = 0; a < K; a++)
                for (idx b = 0; b < outer; b++) {
                    double sum = 0.0;
                    for (idx k = a; k < K; k++)
                        sum += root[a * K + k] * Y[k * outer + b];
                    moved[a * outer + b] = sum;
                }
            if (outer) {
                parent = parent_of(c, w, d, j, parent);
                const double *above = w->P[d + 1] + parent * outer * outer;
                for (idx a = 0; a < outer; a++)
                    memcpy(P + (K + a) * T + K, above + a * outer, outer * sizeof(double));
                for (idx a = 0; a < K; a++)
                    for (idx b = 0; b < outer; b++) {
                        double sum = 0.0;
                        for (idx k = 0; k < outer; k++)
                            sum -= moved[a * outer + k] * above[k * outer + b];
                        P[a * T + K + b] = P[(K + b) * T + a] = sum;
                    }
            }
            for (idx a = 0; a < K; a++)
                for (idx b = 0; b <= a; b++) {
                    double sum = 0.0;
                    for (idx k = a; k < K; k++)
                        sum += root[a * K + k] * root[b * K + k];
                    for (idx k = 0; k < outer; k++)
                        sum -= P[a * T + K + k] * moved[b * outer + k];
                    P[a * T + b] = P[b * T + a] = sum;
                }
        }
    }
}

/* Add the group's part of the gradient to out. */
static void add_gradient(const Chain *c, Work *w, idx row, double *in_Lambda, double *in_beta, double *in_phi)
{
    const idx T = c->T, p = c->p;
    invert(c, w);
    for (idx j = 0; j < w->count[0]; j++) {
        const double *P = w->P[0] + j * T * T;
        const idx start = c->starts[0][w->first[0] + j] - row, stop = c->starts[0][w->first[0] + j + 1] - row;
        for (idx i = start; i < stop; i++) {
            const double *a = w->a + i * T;
            double s = 0.0, *t = w->t + i * T;
            for (idx k = 0; k < T; k++) {
                double sum = 0.0;
                for (idx b = 0; b < T; b++)
                    sum += P[k * T + b] * a[b];
                t[k] = sum;
                s += sum * a[k];
            }
            w->base[i] = s;
            w->q[i] = s * w->bend[i];
        }
    }
    gather(c, w, row, w->q, 0);
    forward(c, w, 0);
    backward(c, w, w->step, w->vpath);
    for (idx j = 0; j < w->count[0]; j++) {
        const double *v = w->vpath[0] + j * T, *u = w->path[0] + j * T;
        const idx start = c->starts[0][w->first[0] + j] - row, stop = c->starts[0][w->first[0] + j + 1] - row;
        double *cz = w->root, *gz = w->root + T;
        memset(cz, 0, 2 * T * sizeof(double));
        for (idx i = start; i < stop; i++) {
            const double *a = w->a + i * T, *z = c->z + (row + i) * T, *t = w->t + i * T, *x = c->X + (row + i) * p;
            double Av = 0.0;
            for (idx k = 0; k < T; k++)
                Av += a[k] * v[k];
            const double along = w->q[i] - 2.0 * w->slope[i] - w->curvature[i] * Av;
            const double twice = 2.0 * w->curvature[i];
            for (idx k = 0; k < p; k++)
                in_beta[k] += along * x[k];
            for (int d = 0; d < c->depth; d++)
                for (idx k = c->offset[d]; k < c->offset[d] + c->K[d]; k++) {
                    cz[k] += along * z[k];
                    gz[k] += w->slope[i] * z[k];
                    for (idx b = c->offset[d]; b <= k; b++)
                        in_Lambda[k * T + b] += twice * z[k] * t[b];
                }
            w->q[i] = Av;
        }
        for (int d = 0; d < c->depth; d++)
            for (idx k = c->offset[d]; k < c->offset[d] + c->K[d]; k++)
                for (idx b = c->offset[d]; b <= k; b++)
                    in_Lambda[k * T + b] += cz[k] * u[b] + gz[k] * v[b];
    }
    if (c->family < NEGATIVE_BINOMIAL)
        return;
    double *density = w->slope, *slope = w->curvature, *curvature = w->bend;
    family_dispersion(c->family, c->phi, w->rows, w->eta, c->y + row, density, slope, curvature);
    for (idx i = 0; i < w->rows; i++)
        *in_phi += c->weights[row + i] * (w->base[i] * curvature[i] + w->q[i] * slope[i] - 2.0 * density[i]);
}

/* Add the group's part of X' V^-1 X = X' W X - X' W A H^-1 A' W X to the lower triangle. */
static void add_information(const Chain *c, Work *w, idx row, double *information)
{
    const idx p = c->p;
    idx effects = 0;
    for (int d = 0; d < c->depth; d++)
        effects += w->count[d] * c->K[d];
    for (idx k = 0; k < p; k++) {
        for (idx i = 0; i < w->rows; i++)
            w->q[i] = w->curvature[i] * c->X[(row + i) * p + k];
        for (idx b = 0; b <= k; b++) {
            double sum = 0.0;
            for (idx i = 0; i < w->rows; i++)
                sum += w->q[i] * c->X[(row + i) * p + b];
            information[k * p + b] += sum;
        }
        gather(c, w, row, w->q, 0);
        forward(c, w, 0);
        double *own = w->across + k * effects;
        for (int d = 0; d < c->depth; d++) {
            memcpy(own, w->s[d], w->count[d] * c->K[d] * sizeof(double));
            own += w->count[d] * c->K[d];
        }
        for (idx b = 0; b <= k; b++) {
            double sum = 0.0;
            for (idx i = 0; i < effects; i++)
                sum += w->across[k * effects + i] * w->across[b * effects + i];
            information[k * p + b] -= sum;
        }
    }
}

/* Prepare the rows of a group: A = Z Lambda and the linear predictor without random effects. */
static void load(const Chain *c, Work *w, idx row)
{
    const idx T = c->T, p = c->p;
    for (idx i = 0; i < w->rows; i++) {
        const double *z = c->z + (row + i) * T, *x = c->X + (row + i) * p;
        double sum = c->base[row + i];
        for (idx k = 0; k < p; k++)
            sum += x[k] * c->beta[k];
        w->base[i] = sum;
        for (int d = 0; d < c->depth; d++) {
            const idx K = c->K[d], at = c->offset[d];
            for (idx b = 0; b < K; b++) {
                double product = 0.0;
                for (idx k = b; k < K; k++)
                    product += z[at + k] * c->Lambda[d][k * K + b];
                w->a[i * T + at + b] = product;
            }
        }
    }
}

/* Write where the group's positions are at every depth; return its first row. */
static idx locate(const Chain *c, idx group, Work *w)
{
    w->first[c->depth - 1] = group;
    w->count[c->depth - 1] = 1;
    for (int d = c->depth - 1; d > 0; d--) {
        w->first[d - 1] = c->starts[d][w->first[d]];
        w->count[d - 1] = c->starts[d][w->first[d] + w->count[d]] - w->first[d - 1];
    }
    const idx row = c->starts[0][w->first[0]];
    w->rows = c->starts[0][w->first[0] + w->count[0]] - row;
    return row;
}

/* Point the arrays into `memory`, or with NULL only return the size that they need, in doubles. */
static idx place(const Chain *c, const idx *most, idx rows, int information, Work *w, double *memory)
{
    idx used = 0, T = c->T, effects = 0;
    for (int d = 0; d < c->depth; d++)
        effects += most[d] * c->K[d];
#define PLACE(array, size) (array) = memory == NULL ? NULL : memory + used, used += (size)
    PLACE(w->a, rows * T);
    PLACE(w->t, rows * T);
    PLACE(w->base, rows);
    PLACE(w->eta, rows);
    PLACE(w->slope, rows);
    PLACE(w->curvature, rows);
    PLACE(w->bend, rows);
    PLACE(w->q, rows);
    PLACE(w->root, 2 * T * T + 2 * T);
    PLACE(w->across, information ? c->p * effects : 0);
    for (int d = 0; d < c->depth; d++) {
        const idx K = c->K[d], J = most[d];
        w->T[d] = T;
        PLACE(w->front[d], J * T * T);
        PLACE(w->P[d], J * T * T);
        PLACE(w->right[d], J * T);
        PLACE(w->path[d], J * T);
        PLACE(w->vpath[d], J * T);
        PLACE(w->L[d], J * K * K);
        PLACE(w->Y[d], J * K * (T - K));
        PLACE(w->s[d], J * K);
        PLACE(w->u[d], J * K);
        PLACE(w->old[d], J * K);
        PLACE(w->step[d], J * K);
        T -= K;
    }
#undef PLACE
    return used;
}

int chain_laplace(const Chain *c, double *out, double *information)
{
    const idx T = c->T, groups = c->J[c->depth - 1];
    Work w;
    memset(&w, 0, sizeof w);
    idx most[DEEPEST] = {0}, rows = 0;
    for (idx group = 0; group < groups; group++) {
        locate(c, group, &w);
        rows = w.rows > rows ? w.rows : rows;
        for (int d = 0; d < c->depth; d++)
            most[d] = w.count[d] > most[d] ? w.count[d] : most[d];
    }
    double *memory = calloc(place(c, most, rows, information != NULL, &w, NULL) + 1, sizeof(double));
    if (memory == NULL)
        return -1;
    place(c, most, rows, information != NULL, &w, memory);
    if (information != NULL)
        memset(information, 0, c->p * c->p * sizeof(double));
    memset(out, 0, (3 + T * T + c->p + 1) * sizeof(double));
    double *in_Lambda = out + 3, *in_beta = in_Lambda + T * T, *in_phi = in_beta + c->p;
    int found = 1;
    for (idx group = 0; group < groups && found; group++) {
        const idx row = locate(c, group, &w);
        load(c, &w, row);
        for (int d = 0; d < c->depth; d++)
            memcpy(w.u[d], c->u[d] + w.first[d] * c->K[d], w.count[d] * c->K[d] * sizeof(double));
        double h, product = 1.0;
        found = find_modes(c, &w, row, &h);
        if (!found)
            break;
        double squares = 0.0;
        for (int d = 0; d < c->depth; d++) {
            const idx K = c->K[d];
            memcpy(c->u[d] + w.first[d] * K, w.u[d], w.count[d] * K * sizeof(double));
            for (idx k = 0; k < w.count[d] * K; k++)
                squares += w.u[d][k] * w.u[d][k];
            for (idx j = 0; j < w.count[d]; j++)
                for (idx a = 0; a < K; a++) {
                    product *= w.L[d][j * K * K + a * K + a];
                    if (product > 1e100) {
                        out[2] += 2.0 * log(product);
                        product = 1.0;
                    }
                }
        }
        out[2] += 2.0 * log(product);
        out[0] += h + 0.5 * squares;
        out[1] += squares;
        if (information != NULL)
            add_information(c, &w, row, information);
        add_gradient(c, &w, row, in_Lambda, in_beta, in_phi);
    }
    free(memory);
    return found;
}

/* Sums over the nodes of adaptive Gauss-Hermite quadrature, group by group.

   node_sums.py explains the same algebra and does it with numpy. The nodes of a group are taken one after the other,
   so that the memory does not grow with their number. The sums have the largest integrand so far as their unit. */

#include "quadrature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The memory of one group: per row, and K or K x K numbers. `sums` has in_Lambda, turned, ascent and log_phi. */
typedef struct {
    double *eta, *slope, *curvature, *bend, *density;
    double *spread, *u, *in_z, *in_A, *sums;
} Work;

/* Write L'^-1 x. */
static void solve_transposed(idx K, const double *L, const double *x, double *out)
{
    for (idx a = K - 1; a >= 0; a--) {
        double sum = x[a];
        for (idx k = a + 1; k < K; k++)
            sum -= L[k * K + a] * out[k];
        out[a] = sum / L[a * K + a];
    }
}

/* Replace x by L^-1 x. */
static void solve(idx K, const double *L, double *x)
{
    for (idx a = 0; a < K; a++) {
        for (idx k = 0; k < a; k++)
            x[a] -= L[a * K + k] * x[k];
        x[a] /= L[a * K + a];
    }
}

/* Return h at a node of a group plus the node's log weight; write the node's random effects and the rows' slopes. */
static double at_node(const Grid *g, idx j, idx node, Work *w)
{
    const idx K = g->K, first = g->starts[j], rows = g->starts[j + 1] - first;
    double squares = 0.0;
    solve_transposed(K, g->L + j * K * K, g->x + node * K, w->spread);
    for (idx k = 0; k < K; k++) {
        w->u[k] = g->u[j * K + k] + w->spread[k];
        squares += w->u[k] * w->u[k];
    }
    for (idx i = 0; i < rows; i++) {
        const double *A = g->A + (first + i) * K;
        double sum = g->eta[first + i];
        for (idx k = 0; k < K; k++)
            sum += A[k] * w->spread[k];
        w->eta[i] = sum;
    }
    return family_rows(g->family, g->phi, rows, w->eta, g->y + first, g->trials + first, g->weights + first, w->slope,
                       w->curvature, w->bend)
           - 0.5 * squares + g->log_weights[node];
}

/* Return the derivative in log(phi) of the log density of a group at the node of `at_node`. */
static double in_dispersion(const Grid *g, idx j, Work *w)
{
    const idx first = g->starts[j], rows = g->starts[j + 1] - first;
    double total = 0.0;
    if (g->family != NEGATIVE_BINOMIAL && g->family != GAMMA)
        return 0.0;
    family_dispersion(g->family, g->phi, rows, w->eta, g->y + first, w->density, w->curvature, w->bend);
    for (idx i = 0; i < rows; i++)
        total += g->weights[first + i] * w->density[i];
    return total;
}

/* Add the sums of the node of `at_node`, times its share. */
static void add_node(const Grid *g, idx j, idx node, double share, Work *w, double *slope)
{
    const idx K = g->K, first = g->starts[j], rows = g->starts[j + 1] - first;
    double *in_Lambda = w->sums, *turned = in_Lambda + K * K, *ascent = turned + K * K;
    memset(w->in_z, 0, 2 * K * sizeof(double));
    for (idx i = 0; i < rows; i++) {
        const double *z = g->z + (first + i) * K, *A = g->A + (first + i) * K, own = w->slope[i];
        slope[first + i] += share * own;
        for (idx k = 0; k < K; k++) {
            w->in_z[k] += own * z[k];
            w->in_A[k] += own * A[k];
        }
    }
    for (idx a = 0; a < K; a++)
        for (idx b = 0; b < K; b++)
            in_Lambda[a * K + b] += share * w->in_z[a] * w->u[b];
    for (idx k = 0; k < K; k++) {
        w->in_A[k] -= w->u[k];
        ascent[k] += share * w->in_A[k];
    }
    solve(K, g->L + j * K * K, w->in_A);
    for (idx a = 0; a < K; a++)
        for (idx b = 0; b < K; b++)
            turned[a * K + b] += share * g->x[node * K + a] * w->in_A[b];
    ascent[K] += share * in_dispersion(g, j, w);
}

static void scale(double *values, idx count, double by)
{
    for (idx i = 0; i < count; i++)
        values[i] *= by;
}

/* Write the sums of one group, and add those that are over all groups. */
static void add_group(const Grid *g, idx j, Work *w, const NodeSums *out)
{
    const idx K = g->K, first = g->starts[j], rows = g->starts[j + 1] - first, count = 2 * K * K + K + 1;
    double largest = -INFINITY, mass = 0.0;
    memset(w->sums, 0, count * sizeof(double));
    memset(out->slope + first, 0, rows * sizeof(double));
    for (idx node = 0; node < g->nodes; node++) {
        const double h = at_node(g, j, node, w);
        double share = 1.0;
        if (h == -INFINITY)
            continue;
        if (h > largest) {
            const double by = exp(largest - h);
            scale(w->sums, count, by);
            scale(out->slope + first, rows, by);
            mass *= by;
            largest = h;
        } else
            share = exp(h - largest);
        mass += share;
        add_node(g, j, node, share, w, out->slope);
    }
    out->log_integral[j] = largest + log(mass);
    scale(w->sums, count, 1.0 / mass);
    scale(out->slope + first, rows, 1.0 / mass);
    for (idx k = 0; k < K * K; k++)
        out->in_Lambda[k] += w->sums[k];
    memcpy(out->turned + j * K * K, w->sums + K * K, K * K * sizeof(double));
    memcpy(out->ascent + j * K, w->sums + 2 * K * K, K * sizeof(double));
    *out->log_phi += w->sums[count - 1];
}

int sum_over_nodes(const Grid *g, const NodeSums *out)
{
    const idx K = g->K;
    idx rows = 0;
    for (idx j = 0; j < g->J; j++)
        rows = g->starts[j + 1] - g->starts[j] > rows ? g->starts[j + 1] - g->starts[j] : rows;
    double *memory = calloc(5 * rows + 2 * K * K + 5 * K + 1, sizeof(double));
    if (memory == NULL)
        return -1;
    Work w = {.eta = memory, .slope = memory + rows, .curvature = memory + 2 * rows, .bend = memory + 3 * rows,
              .density = memory + 4 * rows, .spread = memory + 5 * rows};
    w.u = w.spread + K;
    w.in_z = w.u + K;
    w.in_A = w.in_z + K; /* add_node clears both at once */
    w.sums = w.in_A + K;
    memset(out->in_Lambda, 0, K * K * sizeof(double));
    *out->log_phi = 0.0;
    for (idx j = 0; j < g->J; j++)
        add_group(g, j, &w, out);
    free(memory);
    return 0;
}

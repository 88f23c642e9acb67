/* The part of the Python module for quadrature: it checks the buffers. */

#include "_binding.h"
#include "quadrature.h"

PyObject *py_node_sums(PyObject *module, PyObject *arguments)
{
    (void)module;
    int family;
    double phi;
    Py_ssize_t K;
    Py_buffer b[16];
    Py_buffer *starts = b, *x = b + 1, *log_weights = b + 2, *z = b + 3, *A = b + 4, *eta = b + 5, *u = b + 6,
              *L = b + 7, *y = b + 8, *trials = b + 9, *weights = b + 10, *log_integral = b + 11, *slope = b + 12,
              *ascent = b + 13, *turned = b + 14, *totals = b + 15;
    if (!PyArg_ParseTuple(arguments, "idny*y*y*y*y*y*y*y*y*y*y*w*w*w*w*w*", &family, &phi, &K, starts, x, log_weights, z,
                          A, eta, u, L, y, trials, weights, log_integral, slope, ascent, turned, totals))
        return NULL;
    PyObject *answer = NULL;
    const size_t real = sizeof(double);
    const idx n = y->len / (idx)real, J = starts->len / (idx)sizeof(idx) - 1, nodes = log_weights->len / (idx)real;
    const idx *at = starts->buf;
    int fits = family >= 0 && family < FAMILIES && K > 0 && J >= 0 && holds(starts, J + 1, sizeof(idx))
               && holds(x, nodes * K, real) && holds(log_weights, nodes, real) && holds(z, n * K, real)
               && holds(A, n * K, real) && holds(eta, n, real) && holds(u, J * K, real) && holds(L, J * K * K, real)
               && holds(y, n, real) && holds(trials, n, real) && holds(weights, n, real)
               && holds(log_integral, J, real) && holds(slope, n, real) && holds(ascent, J * K, real)
               && holds(turned, J * K * K, real) && holds(totals, K * K + 1, real) && at[0] == 0 && at[J] == n;
    for (idx j = 0; fits && j < J; j++)
        fits = at[j + 1] >= at[j];
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        const Grid grid = {.family = family, .J = J, .K = K, .nodes = nodes, .phi = phi, .starts = at, .x = x->buf,
                           .log_weights = log_weights->buf, .z = z->buf, .A = A->buf, .eta = eta->buf, .u = u->buf,
                           .L = L->buf, .y = y->buf, .trials = trials->buf, .weights = weights->buf};
        double *in_Lambda = totals->buf;
        const NodeSums sums = {.log_integral = log_integral->buf, .slope = slope->buf, .ascent = ascent->buf,
                               .turned = turned->buf, .in_Lambda = in_Lambda, .log_phi = in_Lambda + K * K};
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = sum_over_nodes(&grid, &sums);
        Py_END_ALLOW_THREADS
        answer = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
    }
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

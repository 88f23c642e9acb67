/* The part of the Python module for generalized linear mixed models: it checks the buffers. */

#include "_binding.h"
#include "chain.h"

/* Whether the positions of every depth start one after the other and cover all rows. */
static int in_order(const Chain *c, idx n)
{
    idx last = n;
    for (int d = 0; d < c->depth; d++) {
        if (c->starts[d][0] != 0 || c->starts[d][c->J[d]] != last)
            return 0;
        for (idx j = 0; j < c->J[d]; j++)
            if (c->starts[d][j + 1] <= c->starts[d][j])
                return 0;
        last = c->J[d];
    }
    return 1;
}

PyObject *py_chain(PyObject *module, PyObject *arguments)
{
    (void)module;
    int family;
    double phi, least;
    Py_ssize_t p;
    Py_buffer b[12];
    Py_buffer *sizes = b, *starts = b + 1, *Lambda = b + 2, *z = b + 3, *X = b + 4, *beta = b + 5, *base = b + 6,
              *y = b + 7, *trials = b + 8, *weights = b + 9, *u = b + 10, *out = b + 11;
    if (!PyArg_ParseTuple(arguments, "iddny*y*y*y*y*y*y*y*y*y*w*w*", &family, &phi, &least, &p, sizes, starts, Lambda, z,
                          X, beta, base, y, trials, weights, u, out))
        return NULL;
    PyObject *answer = NULL;
    const size_t real = sizeof(double);
    Chain c = {.family = family, .phi = phi, .least = least, .p = p, .z = z->buf, .X = X->buf, .beta = beta->buf,
               .base = base->buf, .y = y->buf, .trials = trials->buf, .weights = weights->buf};
    c.n = y->len / (idx)real;
    c.depth = (int)(sizes->len / (2 * (idx)sizeof(idx)));
    int fits = family >= 0 && family < FAMILIES && p >= 0 && c.depth > 0 && c.depth <= DEEPEST;
    idx first = 0, square = 0, effects = 0;
    for (int d = 0; fits && d < c.depth; d++) {
        const idx J = ((const idx *)sizes->buf)[2 * d], K = ((const idx *)sizes->buf)[2 * d + 1];
        fits = J > 0 && K > 0 && (first + J + 1) * (idx)sizeof(idx) <= starts->len
               && (square + K * K) * (idx)real <= Lambda->len && (effects + J * K) * (idx)real <= u->len;
        c.J[d] = J, c.K[d] = K, c.offset[d] = c.T;
        c.starts[d] = (const idx *)starts->buf + first;
        c.Lambda[d] = (const double *)Lambda->buf + square;
        c.u[d] = (double *)u->buf + effects;
        first += J + 1, square += K * K, effects += J * K, c.T += K;
    }
    fits = fits && holds(starts, first, sizeof(idx)) && holds(Lambda, square, real) && holds(u, effects, real)
           && holds(z, c.n * c.T, real) && holds(X, c.n * p, real) && holds(beta, p, real) && holds(base, c.n, real)
           && holds(trials, c.n, real) && holds(weights, c.n, real) && holds(out, 4 + c.T * c.T + p, real)
           && in_order(&c, c.n);
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        int found;
        Py_BEGIN_ALLOW_THREADS
        found = chain_laplace(&c, out->buf);
        Py_END_ALLOW_THREADS
        answer = found < 0 ? PyErr_NoMemory() : PyBool_FromLong(found);
    }
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

/* The part of the Python module for generalized linear mixed models: it checks the buffers. */

#include "_binding.h"
#include "chain.h"
#include "several.h"

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
    Py_buffer b[13];
    Py_buffer *sizes = b, *starts = b + 1, *Lambda = b + 2, *z = b + 3, *X = b + 4, *beta = b + 5, *base = b + 6,
              *y = b + 7, *trials = b + 8, *weights = b + 9, *u = b + 10, *out = b + 11, *information = b + 12;
    if (!PyArg_ParseTuple(arguments, "iddny*y*y*y*y*y*y*y*y*y*w*w*w*", &family, &phi, &least, &p, sizes, starts, Lambda, z,
                          X, beta, base, y, trials, weights, u, out, information))
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
           && (information->len == 0 || holds(information, p * p, real))
           && in_order(&c, c.n);
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        int found;
        Py_BEGIN_ALLOW_THREADS
        found = chain_laplace(&c, out->buf, information->len ? information->buf : NULL);
        Py_END_ALLOW_THREADS
        answer = found < 0 ? PyErr_NoMemory() : PyBool_FromLong(found);
    }
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

PyObject *py_family_rows(PyObject *module, PyObject *arguments)
{
    (void)module;
    int family;
    double phi;
    Py_buffer b[7];
    if (!PyArg_ParseTuple(arguments, "idy*y*y*y*w*w*w*", &family, &phi, b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6))
        return NULL;
    PyObject *answer = NULL;
    int fits = family >= 0 && family < FAMILIES;
    for (int i = 1; i < 7; i++)
        fits = fits && b[i].len == b[0].len;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else
        answer = PyFloat_FromDouble(family_rows(family, phi, b[0].len / (idx)sizeof(double), b[0].buf, b[1].buf,
                                                b[2].buf, b[3].buf, b[4].buf, b[5].buf, b[6].buf));
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

PyObject *py_family_dispersion(PyObject *module, PyObject *arguments)
{
    (void)module;
    int family;
    double phi;
    Py_buffer b[5];
    if (!PyArg_ParseTuple(arguments, "idy*y*w*w*w*", &family, &phi, b, b + 1, b + 2, b + 3, b + 4))
        return NULL;
    PyObject *answer = NULL;
    int fits = family >= 0 && family < FAMILIES;
    for (int i = 1; i < 5; i++)
        fits = fits && b[i].len == b[0].len;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        family_dispersion(family, phi, b[0].len / (idx)sizeof(double), b[0].buf, b[1].buf, b[2].buf, b[3].buf,
                          b[4].buf);
        answer = Py_NewRef(Py_None);
    }
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

/* Read the structure: `sizes` has n, J, K, q and, per other factor, its coefficients and cells; `index` has the rows'
   starts and, per other factor, first, column and cell. Return 0 where they do not fit together. */
static int read_structure(Several *s, const Py_buffer *sizes, const Py_buffer *index)
{
    const idx *given = sizes->buf, *at = index->buf;
    const idx count = sizes->len / (idx)sizeof(idx);
    if (count < 6 || count % 2 || (count - 4) / 2 > MOST_OTHERS)
        return 0;
    *s = (Several){.n = given[0], .J = given[1], .K = given[2], .q = given[3], .others = (count - 4) / 2, .rows = at};
    if (s->n < 0 || s->J <= 0 || s->K <= 0 || s->q <= 0)
        return 0;
    s->T = s->K;
    idx used = s->J + 1;
    for (idx f = 0; f < s->others; f++) {
        s->Kf[f] = given[4 + 2 * f], s->cells[f] = given[5 + 2 * f], s->offset[f] = s->T;
        if (s->Kf[f] <= 0 || s->cells[f] < 0)
            return 0;
        s->first[f] = at + used, s->column[f] = s->first[f] + s->J + 1, s->cell[f] = s->column[f] + s->cells[f];
        used += s->J + 1 + s->cells[f] + s->n;
        s->T += s->Kf[f];
    }
    return holds(index, used, sizeof(idx));
}

/* Whether numbers increase from 0 to `last`. */
static int increasing(const idx *numbers, idx count, idx last)
{
    int fits = numbers[0] == 0 && numbers[count] == last;
    for (idx j = 0; fits && j < count; j++)
        fits = numbers[j + 1] >= numbers[j];
    return fits;
}

PyObject *py_several_check(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_buffer sizes, index;
    if (!PyArg_ParseTuple(arguments, "y*y*", &sizes, &index))
        return NULL;
    Several s;
    int fits = read_structure(&s, &sizes, &index) && increasing(s.rows, s.J, s.n);
    for (idx f = 0; fits && f < s.others; f++) {
        fits = increasing(s.first[f], s.J, s.cells[f]);
        for (idx c = 0; fits && c < s.cells[f]; c++)
            fits = s.column[f][c] >= 0 && s.column[f][c] + s.Kf[f] <= s.q;
        for (idx i = 0; fits && i < s.n; i++)
            fits = s.cell[f][i] >= 0 && s.cell[f][i] < s.cells[f];
    }
    PyBuffer_Release(&sizes);
    PyBuffer_Release(&index);
    return PyBool_FromLong(fits);
}

/* The operations on a structure that was checked. Each takes its arrays in the order of the function in several.h. */
enum { ETA, GATHER, ELIMINATE, FORWARD, BACKWARD, PROJECT, ADD_GRADIENT };

static const int ARRAYS[] = {4, 3, 5, 3, 3, 6, 11};

/* Whether the arrays of an operation have their sizes. */
static int fitting(int operation, const Several *s, idx p, const Py_buffer *b)
{
    const size_t real = sizeof(double);
    const idx rows = s->n * s->T, effects = s->J * s->K + s->q, L = s->J * s->K * s->K, Y = several_blocks(s);
    const idx sizes[][11] = {
        {rows, effects, s->n, s->n},
        {rows, s->n, effects},
        {rows, s->n, L, Y, s->q * s->q},
        {L, Y, effects},
        {L, Y, effects},
        {rows, L, Y, s->q * s->q, rows, Y},
        {rows, s->n * p, s->n, s->n, s->n, rows, s->n, effects, effects, s->T * s->T, p},
    };
    int fits = p >= 0;
    for (int i = 0; i < ARRAYS[operation]; i++)
        fits = fits && holds(b + i, sizes[operation][i], real);
    return fits;
}

static double operate(int operation, const Several *s, idx p, int products, const Py_buffer *b)
{
    switch (operation) {
    case ETA:
        several_eta(s, b[0].buf, b[1].buf, b[2].buf, b[3].buf);
        return 0.0;
    case GATHER:
        several_gather(s, b[0].buf, b[1].buf, b[2].buf);
        return 0.0;
    case ELIMINATE:
        return several_eliminate(s, b[0].buf, b[1].buf, products, b[2].buf, b[3].buf, b[4].buf);
    case FORWARD:
        several_forward(s, b[0].buf, b[1].buf, b[2].buf);
        return 0.0;
    case BACKWARD:
        several_backward(s, b[0].buf, b[1].buf, b[2].buf);
        return 0.0;
    case PROJECT:
        return several_project(s, b[0].buf, products, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf);
    default:
        several_gradient(s, b[0].buf, p, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf, b[6].buf, b[7].buf,
                         b[8].buf, b[9].buf, b[10].buf);
        return 0.0;
    }
}

PyObject *py_several(PyObject *module, PyObject *arguments)
{
    (void)module;
    int operation, products;
    Py_ssize_t p;
    PyObject *arrays, *answer = NULL;
    Py_buffer sizes, index, b[11];
    if (!PyArg_ParseTuple(arguments, "iniy*y*O", &operation, &p, &products, &sizes, &index, &arrays))
        return NULL;
    Several s;
    int taken = 0, fits = operation >= ETA && operation <= ADD_GRADIENT && read_structure(&s, &sizes, &index)
                          && PyTuple_Check(arrays) && PyTuple_Size(arrays) == ARRAYS[operation];
    for (; fits && taken < ARRAYS[operation]; taken++)
        if (PyObject_GetBuffer(PyTuple_GetItem(arrays, taken), b + taken, PyBUF_SIMPLE) < 0) {
            PyErr_Clear();
            fits = 0;
            break;
        }
    if (!fits || !fitting(operation, &s, p, b))
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        double value;
        Py_BEGIN_ALLOW_THREADS
        value = operate(operation, &s, p, products, b);
        Py_END_ALLOW_THREADS
        answer = operation == PROJECT && value < 0.0 ? PyErr_NoMemory() : PyFloat_FromDouble(value);
    }
    while (taken > 0)
        PyBuffer_Release(b + --taken);
    PyBuffer_Release(&sizes);
    PyBuffer_Release(&index);
    return answer;
}

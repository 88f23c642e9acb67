/* The part of the Python module for many replicates: it checks the buffers. */

#include "_binding.h"
#include "replicates.h"

/* The step between replicates of a buffer with `size` elements each: 0 if they share it; -1 if it fits neither. */
static idx step_of(const Py_buffer *buffer, idx size, idx B)
{
    if (holds(buffer, B * size, sizeof(double)))
        return size;
    return holds(buffer, size, sizeof(double)) ? 0 : -1;
}

PyObject *py_replicates(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_ssize_t K, p;
    int reml;
    Py_buffer b[13];
    Py_buffer *rows = b, *columns = b + 1, *R = b + 2, *X = b + 3, *y = b + 4, *count = b + 5, *Cxx = b + 6,
              *Cxy = b + 7, *Cyy = b + 8, *df = b + 9, *which = b + 10, *theta = b + 11, *out = b + 12;
    if (!PyArg_ParseTuple(arguments, "nniy*y*y*y*y*y*y*y*y*y*y*y*w*", &K, &p, &reml, rows, columns, R, X, y, count, Cxx,
                          Cxy, Cyy, df, which, theta, out))
        return NULL;
    PyObject *answer = NULL;
    const size_t real = sizeof(double);
    const idx B = Cyy->len / (idx)real, J = count->len / (idx)real, m = rows->len / (idx)sizeof(idx);
    const idx chosen = which->len / (idx)sizeof(idx);
    Replicates s = {.J = J, .K = K, .p = p, .m = m, .reml = reml, .rows = rows->buf, .columns = columns->buf,
                    .R = R->buf, .X = X->buf, .y = y->buf, .count = count->buf, .Cxx = Cxx->buf, .Cxy = Cxy->buf,
                    .Cyy = Cyy->buf, .df = df->buf};
    int fits = K > 0 && p >= 0;
    if (fits) {
        s.R_step = step_of(R, J * K * K, B), s.X_step = step_of(X, J * K * p, B);
        s.Cxx_step = step_of(Cxx, p * p, B), s.df_step = step_of(df, 1, B);
        fits = s.R_step >= 0 && s.X_step >= 0 && s.Cxx_step >= 0 && s.df_step >= 0 && holds(y, B * J * K, real)
               && holds(Cxy, B * p, real) && holds(Cyy, B, real) && holds(count, J, real)
               && holds(rows, m, sizeof(idx)) && holds(columns, m, sizeof(idx)) && holds(which, chosen, sizeof(idx))
               && holds(theta, chosen * m, real) && holds(out, chosen * replicate_size(&s), real);
    }
    for (idx r = 0; fits && r < m; r++)
        fits = s.rows[r] >= 0 && s.rows[r] < K && s.columns[r] >= 0 && s.columns[r] < K;
    for (idx i = 0; fits && i < chosen; i++)
        fits = ((const idx *)which->buf)[i] >= 0 && ((const idx *)which->buf)[i] < B;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = evaluate_replicates(&s, chosen, which->buf, theta->buf, out->buf);
        Py_END_ALLOW_THREADS
        answer = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
    }
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        PyBuffer_Release(b + i);
    return answer;
}

// Dot products of bf16 rows with AVX512-BF16 (vdpbf16ps), which .NET 10 has no intrinsics for.
//
// c[r, j] = sum over i of a[r, i] * w[j, i], accumulated in float32. Each result has one vector accumulator that walks
// its row in order, and its lanes are added in one tree (distance 8, 4, 2, 1), whatever the tile around it: a result's
// bits do not depend on the number of rows or columns of the call.
//
// Built by tools/build-cpu-native.sh into libfusedmoe_cpu.so; a test holds the manifest's hash against this file.

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    TILE_ROWS = 4,      // with 6 columns: 24 accumulators and 5 operands of the 32 registers
    TILE_COLUMNS = 6,
    STEP = 32,          // bf16 elements of one register, one cache line
    LINE_BYTES = 64,
};

// Rows of weights that a tile fetches ahead, one cache line a step of the product: memory then works while the tile
// computes.
struct ahead {
    const char *line;
    int64_t stride;
    int64_t rows;
};

INLINE __m512bh load(const uint16_t *p)
{
    return (__m512bh)_mm512_loadu_si512(p);
}

INLINE __m512bh load_tail(const uint16_t *p, __mmask32 mask)
{
    return (__m512bh)_mm512_maskz_loadu_epi16(mask, p);
}

// Lane sums at distance 8 and 4 of four registers: 128-bit lane r holds the four partial sums of register r.
INLINE __m512 fold_rows(const __m512 *s)
{
    __m512 p = _mm512_add_ps(_mm512_shuffle_f32x4(s[0], s[1], 0x44), _mm512_shuffle_f32x4(s[0], s[1], 0xEE));
    __m512 q = _mm512_add_ps(_mm512_shuffle_f32x4(s[2], s[3], 0x44), _mm512_shuffle_f32x4(s[2], s[3], 0xEE));
    return _mm512_add_ps(_mm512_shuffle_f32x4(p, q, 0x88), _mm512_shuffle_f32x4(p, q, 0xDD));
}

// Distance 2 of two columns, then distance 1 of four.
INLINE __m512 fold_pair(__m512 a, __m512 b)
{
    __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
}

INLINE __m512 fold_four(__m512 a, __m512 b)
{
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
}

INLINE void store_row(float *c, int64_t nr, __m128 first, __m128 last)
{
    if (nr == TILE_COLUMNS) {
        _mm_storeu_ps(c, first);
        _mm_storel_pi((__m64 *)(c + 4), last);
    } else {
        _mm_store_ss(c, first);
    }
}

INLINE void reduce_and_store(__m512 s[TILE_COLUMNS][TILE_ROWS], int mr, int nr, float *c, int64_t ldc)
{
    __m512 column[TILE_COLUMNS];
#pragma GCC unroll 6
    for (int j = 0; j < TILE_COLUMNS; j++) {
        column[j] = j < nr ? fold_rows(s[j]) : _mm512_setzero_ps();
    }
    __m512 first = fold_four(fold_pair(column[0], column[1]), fold_pair(column[2], column[3]));
    __m512 pair = fold_pair(column[4], column[5]);
    __m512 last = fold_four(pair, pair);
    store_row(c, nr, _mm512_castps512_ps128(first), _mm512_castps512_ps128(last));
    if (mr > 1) {
        store_row(c + ldc, nr, _mm512_extractf32x4_ps(first, 1), _mm512_extractf32x4_ps(last, 1));
    }
    if (mr > 2) {
        store_row(c + 2 * ldc, nr, _mm512_extractf32x4_ps(first, 2), _mm512_extractf32x4_ps(last, 2));
    }
    if (mr > 3) {
        store_row(c + 3 * ldc, nr, _mm512_extractf32x4_ps(first, 3), _mm512_extractf32x4_ps(last, 3));
    }
}

// One register tile; mr and nr are constants at every call, so that the loops over them unroll away.
INLINE void tile(
    int mr, int nr, const uint16_t *const *rows, const char *w, int64_t stride, int64_t k, float *c, int64_t ldc,
    struct ahead next)
{
    __m512 s[TILE_COLUMNS][TILE_ROWS];
    __m512bh a[TILE_ROWS];
#pragma GCC unroll 6
    for (int j = 0; j < TILE_COLUMNS; j++) {
#pragma GCC unroll 4
        for (int r = 0; r < TILE_ROWS; r++) {
            s[j][r] = _mm512_setzero_ps();
        }
    }
    const uint16_t *x[TILE_ROWS];
    for (int r = 0; r < mr; r++) {
        x[r] = rows[r];
    }
    int64_t i = 0;
    for (; i + STEP <= k; i += STEP) {
        for (int64_t r = 0; r < next.rows; r++) {
            _mm_prefetch(next.line + r * next.stride + i * 2, _MM_HINT_T1);
        }
#pragma GCC unroll 4
        for (int r = 0; r < mr; r++) {
            a[r] = load(x[r] + i);
        }
#pragma GCC unroll 6
        for (int j = 0; j < nr; j++) {
            __m512bh b = load((const uint16_t *)(w + j * stride) + i);
#pragma GCC unroll 4
            for (int r = 0; r < mr; r++) {
                s[j][r] = _mm512_dpbf16_ps(s[j][r], a[r], b);
            }
        }
    }
    if (i < k) {
        __mmask32 mask = (__mmask32)((1ull << (k - i)) - 1);
#pragma GCC unroll 4
        for (int r = 0; r < mr; r++) {
            a[r] = load_tail(x[r] + i, mask);
        }
#pragma GCC unroll 6
        for (int j = 0; j < nr; j++) {
            __m512bh b = load_tail((const uint16_t *)(w + j * stride) + i, mask);
#pragma GCC unroll 4
            for (int r = 0; r < mr; r++) {
                s[j][r] = _mm512_dpbf16_ps(s[j][r], a[r], b);
            }
        }
    }
    reduce_and_store(s, mr, nr, c, ldc);
}

#define DEFINE_TILE(MR, NR) \
    static __attribute__((noinline)) TARGET void tile_##MR##x##NR( \
        const uint16_t *const *rows, const char *w, int64_t stride, int64_t k, float *c, int64_t ldc, \
        struct ahead next) \
    { \
        tile(MR, NR, rows, w, stride, k, c, ldc, next); \
    }

DEFINE_TILE(4, 6)
DEFINE_TILE(3, 6)
DEFINE_TILE(2, 6)
DEFINE_TILE(1, 6)
DEFINE_TILE(4, 1)
DEFINE_TILE(1, 1)

static void column_block(
    const uint16_t *const *rows, int64_t m, const char *w, int64_t stride, int64_t k, float *c, int64_t ldc,
    const char *next)
{
    int64_t blocks = (m + TILE_ROWS - 1) / TILE_ROWS;
    int64_t share = (TILE_COLUMNS + blocks - 1) / blocks;
    for (int64_t r = 0; r < m; r += TILE_ROWS) {
        int64_t first = r / TILE_ROWS * share;
        int64_t left = next == 0 ? 0 : TILE_COLUMNS - first;
        struct ahead ahead = { next + first * stride, stride, left < 0 ? 0 : left < share ? left : share };
        float *out = c + r * ldc;
        switch (m - r) {
        case 1: tile_1x6(rows + r, w, stride, k, out, ldc, ahead); break;
        case 2: tile_2x6(rows + r, w, stride, k, out, ldc, ahead); break;
        case 3: tile_3x6(rows + r, w, stride, k, out, ldc, ahead); break;
        default: tile_4x6(rows + r, w, stride, k, out, ldc, ahead); break;
        }
    }
}

// rows: addresses of m activation rows. w: n weight rows, stride bytes apart. k: elements of a row. c: [m, ldc]
// results. next: weight rows (same stride) that the caller multiplies after these, or null: fetched while the last
// columns compute.
__attribute__((visibility("default"))) void fusedmoe_dot_bf16(
    const uint16_t *const *rows, int64_t m, const char *w, int64_t stride, int64_t n, int64_t k, float *c, int64_t ldc,
    const char *next)
{
    struct ahead none = { 0, 0, 0 };
    int64_t j = 0;
    for (; j + TILE_COLUMNS <= n; j += TILE_COLUMNS) {
        int last = j + 2 * TILE_COLUMNS > n;
        column_block(rows, m, w + j * stride, stride, k, c + j, ldc, last ? next : w + (j + TILE_COLUMNS) * stride);
    }
    for (; j < n; j++) {
        int64_t r = 0;
        for (; r + TILE_ROWS <= m; r += TILE_ROWS) {
            tile_4x1(rows + r, w + j * stride, stride, k, c + r * ldc + j, ldc, none);
        }
        for (; r < m; r++) {
            tile_1x1(rows + r, w + j * stride, stride, k, c + r * ldc + j, ldc, none);
        }
    }
}

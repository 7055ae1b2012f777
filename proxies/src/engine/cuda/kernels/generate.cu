// Weights by their counters: the same bits as on the host. Every step is exact or rounded once, as there. A compiler may make one step
// of a product and a sum, which is rounded once less, so that products go through TIMES, which it leaves alone.

#define GENERATORS 16

// Number `i` of a stream, uniform between 0 and 1.
DEVICE double uniform(u64 key, u64 i) {
    u64 z = key + (i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double((z ^ (z >> 31)) >> 40) + 0.5) / 16777216.0;
}

// The natural logarithm of such a number, step by step as in the host's library (FreeBSD's e_log.c; Copyright (C) 1993 by Sun
// Microsystems, Inc., which permits its use freely as long as this notice is preserved).
DEVICE double logarithm(double x) {
    u64 bits = DOUBLE_BITS(x);
    u32 high = u32(bits >> 32) + (0x3ff00000 - 0x3fe6a09e);
    double k = int(high >> 20) - 0x3ff;
    high = (high & 0x000fffff) + 0x3fe6a09e;
    double f = BITS_DOUBLE(u64(high) << 32 | (bits & 0xffffffff)) - 1.0;
    double half_square = TIMES(TIMES(0.5, f), f), s = f / (2.0 + f), z = TIMES(s, s), w = TIMES(z, z);
    double even = TIMES(w, 3.999999999940941908e-01 + TIMES(w, 2.222219843214978396e-01 + TIMES(w, 1.531383769920937332e-01)));
    double odd = TIMES(w, 1.818357216161805012e-01 + TIMES(w, 1.479819860511658591e-01));
    odd = TIMES(z, 6.666666666666735130e-01 + TIMES(w, 2.857142874366239149e-01 + odd));
    double rest = odd + even;
    return TIMES(s, half_square + rest) + TIMES(k, 1.90821492927058770002e-10) - half_square + f + TIMES(k, 6.93147180369123816490e-01);
}

// Cosine and sine of x + y between -pi/4 and pi/4, y being what x leaves out (FreeBSD's k_cos.c and k_sin.c, as above).
DEVICE double small_cosine(double x, double y) {
    double z = TIMES(x, x), w = TIMES(z, z);
    double low = TIMES(z, 4.16666666666666019037e-02 + TIMES(z, -1.38888888888741095749e-03 + TIMES(z, 2.48015872894767294178e-05)));
    double high = -2.75573143513906633035e-07 + TIMES(z, 2.08757232129817482790e-09 + TIMES(z, -1.13596475577881948265e-11));
    double r = low + TIMES(TIMES(w, w), high), half = TIMES(0.5, z), rounded = 1.0 - half;
    return rounded + (((1.0 - rounded) - half) + (TIMES(z, r) - TIMES(x, y)));
}

DEVICE double small_sine(double x, double y) {
    double z = TIMES(x, x), w = TIMES(z, z), v = TIMES(z, x);
    double low = 8.33333333332248946124e-03 + TIMES(z, -1.98412698298579493134e-04 + TIMES(z, 2.75573137070700676789e-06));
    double r = low + TIMES(TIMES(z, w), -2.50507602534068634195e-08 + TIMES(z, 1.58969099521155010221e-10));
    return x - ((TIMES(z, TIMES(0.5, y) - TIMES(v, r)) - y) - TIMES(v, -1.66666666666666324348e-01));
}

// The cosine of 2 pi u for a number u of a stream (FreeBSD's s_cos.c and e_rem_pio2.c, as above): what x is beyond the nearest n of its
// quarters, in two parts. Right beside one of them the quarter is taken in more parts. As u keeps a distance of 2^-25 from all of them,
// no more are needed, and no x is too small.
DEVICE double cosine_of_turn(double u) {
    double x = TIMES(6.283185307179586477, u);
    u32 high = u32(DOUBLE_BITS(x) >> 32);
    if (high <= 0x3fe921fb) return small_cosine(x, 0.0);
    double n = high <= 0x4002d97c ? 1 : high <= 0x400f6a7a ? 2 : high <= 0x4015fdbc ? 3 : 4;
    double left = x - TIMES(n, 1.57079632673412561417e+00), rest = TIMES(n, 6.07710050650619224932e-11);
    if (high == 0x3ff921fb || high == 0x400921fb || high == 0x4012d97c || high == 0x401921fb) {
        double before = left, part = TIMES(n, 6.07710050630396597660e-11);
        left = before - part;
        rest = TIMES(n, 2.02226624879595063154e-21) - ((before - left) - part);
    }
    double y0 = left - rest, y1 = (left - y0) - rest;
    if (n == 1) return -small_sine(y0, y1);
    if (n == 2) return -small_cosine(y0, y1);
    return n == 3 ? small_sine(y0, y1) : small_cosine(y0, y1);
}

// Standard normal number `i` of a stream.
DEVICE double normal(u64 key, u64 i) {
    double radius = sqrt(TIMES(-2.0, logarithm(uniform(key, 2 * i))));
    return TIMES(radius, cosine_of_turn(uniform(key, 2 * i + 1)));
}

KERNEL(generate, Generate) {
    const Generate a = ENTRY;
    const u64 key = u64(u32(a.key_high)) << 32 | u32(a.key_low);
    THREADS {
        for (int i = BLOCK_X * BLOCK + t; i < a.length; i += GENERATORS * BLOCK) {
            double value = a.factor;
            if (a.rule == SYMMETRIC) value = (2.0 * uniform(key, i) - 1.0) * a.factor;
            if (a.rule == AROUND) value = a.factor * (0.5 + uniform(key, i));
            if (a.rule >= NORMAL) {
                double z = normal(key, i);
                for (u64 round = 1; a.rule == TRUNCATED_NORMAL && !(fabs(z) < 2.0); ++round) z = normal(key, i + round * a.length);
                value = TIMES(z, a.factor);
            }
            float rounded = float(value);
            a.to[i] = a.absolute && rounded < 0 ? -rounded : rounded;
        }
    }
}

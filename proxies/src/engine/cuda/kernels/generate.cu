// Weights by their counters: the same bits as on the host, as every step but the last is exact or rounded once, and nothing is added to a
// product.

#define GENERATORS 16

KERNEL(generate, Generate) {
    const Generate a = ENTRY;
    const u64 key = u64(u32(a.key_high)) << 32 | u32(a.key_low);
    THREADS {
        for (int i = BLOCK_X * BLOCK + t; i < a.length; i += GENERATORS * BLOCK) {
            u64 z = key + (u64(i) + 1) * 0x9E3779B97F4A7C15ull;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
            double u = (double((z ^ (z >> 31)) >> 40) + 0.5) / 16777216.0;
            double value = a.rule == 0 ? a.factor : a.rule == 1 ? (2.0 * u - 1.0) * a.factor : a.factor * (0.5 + u);
            float rounded = float(value);
            a.to[i] = a.absolute && rounded < 0 ? -rounded : rounded;
        }
    }
}

// What observers want to know of a network, made small before it leaves the device.

// The sum over a plane (one image, one channel) of value times gradient; a block a plane.
KERNEL(plane_products, PlaneProducts) {
    const PlaneProducts a = ENTRY;
    SHARED double sums[BLOCK];
    THREADS {
        double total = 0;
        for (int i = t; i < a.area; i += BLOCK) total += double(a.value[BLOCK_X * a.area + i]) * a.gradient[BLOCK_X * a.area + i];
        sums[t] = total;
    }
    ADD_UP(sums)
    THREADS { if (t == 0) a.sums[BLOCK_X] = sums[0]; }
}

// In how many bits the codes of images n and m < n differ, at n (n - 1) / 2 + m; a block takes 16 n and 16 m.
KERNEL(code_distances, CodeDistances) {
    const CodeDistances a = ENTRY;
    SHARED u32 down[16][33], across[16][33];
    PER_THREAD(u32, count, 2);
    if (BLOCK_X > BLOCK_Y) return;
    THREADS { MINE(count)[0] = MINE(count)[1] = 0; }
    for (int start = 0; start < a.words; start += 32) {
        THREADS {
            for (int i = t; i < 16 * 32; i += BLOCK) {
                int word = start + i % 32, n = BLOCK_Y * 16 + i / 32, m = BLOCK_X * 16 + i / 32;
                down[i / 32][i % 32] = word < a.words && n < a.images ? a.codes[n * a.words + word] : 0;
                across[i / 32][i % 32] = word < a.words && m < a.images ? a.codes[m * a.words + word] : 0;
            }
        }
        THREADS {
            for (int half = 0; half < 2; ++half)
                for (int word = 0; word < 32; ++word)
                    MINE(count)[half] += POPCOUNT(down[t / 16 + half * 8][word] ^ across[t % 16][word]);
        }
    }
    THREADS {
        for (int half = 0; half < 2; ++half) {
            int n = BLOCK_Y * 16 + t / 16 + half * 8, m = BLOCK_X * 16 + t % 16;
            if (n < a.images && m < n) a.distances[n * (n - 1) / 2 + m] = MINE(count)[half];
        }
    }
}

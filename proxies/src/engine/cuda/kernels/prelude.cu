// One source for two targets. NVRTC compiles it for the device; a C++ compiler compiles it for the host, where a block's threads are
// a loop, so that every kernel can be checked without a GPU.
//
// A kernel is a sequence of phases, `THREADS { ... }`: each thread `t` of a block runs the phase, then all of them wait for one
// another. `continue` ends a thread's part of a phase. What a thread keeps from phase to phase is declared `PER_THREAD` and named
// `MINE`, and loops over it are `UNROLL`ed, so that it is registers; what a block shares is declared `SHARED`. Nothing else may live
// across phases.
//
// A launch runs one kernel on several sets of arguments: block z takes entry z of the table. So blocks of many networks, and of
// independent steps of one, are one launch; no number depends on which others are in it. There are no atomics: sums are made of
// parts in a fixed order.
//
// REAL is the type computed with; sums over a batch are in double whatever it is.

typedef REAL real;
typedef unsigned int u32;

#define BLOCK 128

#ifdef __CUDACC__

#define DEVICE static __device__ __forceinline__
#define SHARED __shared__
#define THREADS for (int t = threadIdx.x, phase = 1; phase; phase = 0, __syncthreads())
#define PER_THREAD(TYPE, NAME, COUNT) TYPE NAME[COUNT]
#define MINE(NAME) NAME
#define KERNEL(NAME, ARGS) extern "C" __global__ void __launch_bounds__(BLOCK) NAME(const ARGS* __restrict__ table)
#define BLOCK_X blockIdx.x
#define BLOCK_Y blockIdx.y
#define ENTRY table[blockIdx.z]
#define POPCOUNT(X) __popc(X)
#define UNROLL _Pragma("unroll")

#else

#define DEVICE static inline
#define SHARED
#define THREADS for (int t = 0; t < BLOCK; ++t)
#define PER_THREAD(TYPE, NAME, COUNT) TYPE NAME[BLOCK][COUNT]
#define MINE(NAME) NAME[t]
#define KERNEL(NAME, ARGS) \
    static void NAME##_block(const ARGS& entry, u32 block_x, u32 block_y); \
    extern "C" void NAME(const ARGS* table, u32 x, u32 y, u32 z) { \
        for (u32 k = 0; k < z; ++k) \
            for (u32 j = 0; j < y; ++j) \
                for (u32 i = 0; i < x; ++i) NAME##_block(table[k], i, j); \
    } \
    static void NAME##_block(const ARGS& entry, u32 block_x, u32 block_y)
#define BLOCK_X block_x
#define BLOCK_Y block_y
#define ENTRY entry
#define POPCOUNT(X) __builtin_popcount(X)
#define UNROLL

#endif

// What is left of a gradient behind a ReLU whose output is `gate[i]`; all of it where there is none.
DEVICE real gated(const real* gate, int i, real g) { return gate && !(gate[i] > 0) ? real(0) : g; }

// Stores a term of a gradient: the first one, or one more.
DEVICE void store(real* to, int i, real value, int add) { to[i] = add ? to[i] + value : value; }

// Adds up a column of BLOCK numbers in place; the sum is in the first. Halves are added to halves, always in the same order.
#define ADD_UP(COLUMN) \
    for (int half = BLOCK / 2; half > 0; half /= 2) \
        THREADS { if (t < half) (COLUMN)[t] += (COLUMN)[t + half]; }

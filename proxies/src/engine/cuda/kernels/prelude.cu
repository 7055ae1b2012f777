// One source for two targets. NVRTC compiles it for the device; a C++ compiler compiles it for the host, where a block's threads are
// a loop, so that every kernel can be checked without a GPU.
//
// A kernel is a sequence of phases, `THREADS { ... }`: each thread `t` of a block runs the phase, then all of them wait for one
// another. `continue` ends a thread's part of a phase. What a thread keeps from phase to phase is declared `PER_THREAD` and named
// `MINE`, and loops over it are `UNROLL`ed, so that it is registers; what a block shares is declared `SHARED`. Nothing else may live
// across phases.
//
// TIMES is a product of 64-bit numbers that is rounded before anything is added to it.
//
// A phase `EACH { ... }` is one that no thread waits after; `WAIT` waits. MULTIPLY is what a warp does together on tensor cores: it adds
// the product of 16 x 8 and 8 x 8 numbers to 16 x 8, of which a thread holds 4, 2 and 4.
//
// A launch runs one kernel on several sets of arguments: block z takes entry z of the table. So blocks of many networks, and of
// independent steps of one, are one launch; no number depends on which others are in it. There are no atomics: sums are made of
// parts in a fixed order.
//
// REAL is the type computed with; sums over a batch are in double whatever it is.

typedef REAL real;
typedef unsigned int u32;
typedef unsigned long long u64;

#define BLOCK 128

#ifdef __CUDACC__

#define DEVICE static __device__ __forceinline__
#define SHARED __shared__ __align__(16)
#define MEMBER __device__ __forceinline__
#define THREADS for (int t = threadIdx.x, phase = 1; phase; phase = 0, __syncthreads())
#define EACH for (int t = threadIdx.x, phase = 1; phase; phase = 0)
#define WAIT __syncthreads();
#define PER_THREAD(TYPE, NAME, COUNT) TYPE NAME[COUNT]
#define MINE(NAME) NAME
#define KERNEL(NAME, ARGS) extern "C" __global__ void __launch_bounds__(BLOCK) NAME(const ARGS* __restrict__ table)
#define KERNEL_OF(BLOCKS, NAME, ARGS) \
    extern "C" __global__ void __launch_bounds__(BLOCK, BLOCKS) NAME(const ARGS* __restrict__ table)
#define BLOCK_X blockIdx.x
#define BLOCK_Y blockIdx.y
#define ENTRY table[blockIdx.z]
#define POPCOUNT(X) __popc(X)
#define UNROLL _Pragma("unroll")
#define TIMES(A, B) __dmul_rn(A, B)
#define DOUBLE_BITS(X) u64(__double_as_longlong(X))
#define BITS_DOUBLE(X) __longlong_as_double(X)

#if TENSOR_CORES

// The nearest number with 10 bits behind the point, which is what tensor cores take.
DEVICE float short_number(float x) {
    u32 bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return __uint_as_float(bits);
}

DEVICE void multiply(float* sum, const float* a, const float* b) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])), "r"(__float_as_uint(a[3])),
          "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
}

#endif

#define MULTIPLY(SUM, PLACE, A, B) multiply((SUM) + (PLACE), A, B);

#else

#define DEVICE static inline
#define SHARED
#define MEMBER inline
#define THREADS for (int t = 0; t < BLOCK; ++t)
#define EACH THREADS
#define WAIT
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
#define KERNEL_OF(BLOCKS, NAME, ARGS) KERNEL(NAME, ARGS)
#define BLOCK_X block_x
#define BLOCK_Y block_y
#define ENTRY entry
#define POPCOUNT(X) __builtin_popcount(X)
#define UNROLL
#define TIMES(A, B) times(A, B)
#define DOUBLE_BITS(X) same_bits<u64>(X)
#define BITS_DOUBLE(X) same_bits<double>(X)

// A call that is not inlined is all that keeps every compiler from fusing the product with a sum.
__attribute__((noinline)) static double times(double a, double b) { return a * b; }

template <class To, class From> static inline To same_bits(From x) {
    To same;
    __builtin_memcpy(&same, &x, sizeof same);
    return same;
}

static inline float short_number(float x) {
    u32 bits;
    __builtin_memcpy(&bits, &x, 4);
    bits = (bits + 0x1000) & ~0x1fffu;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}

// 64-bit numbers are left whole, so that mistakes show.
static inline double short_number(double x) { return x; }

// Rows and columns of what the threads of a warp hold, as the instruction has them.
template <int SUMS> static void multiply(real (*sum)[SUMS], int place, real (*a)[4], real (*b)[2]) {
    for (int warp = 0; warp < BLOCK; warp += 32) {
        real left[16][8], right[8][8];
        for (int lane = 0; lane < 32; ++lane) {
            for (int i = 0; i < 4; ++i) left[lane / 4 + i % 2 * 8][lane % 4 + i / 2 * 4] = a[warp + lane][i];
            for (int i = 0; i < 2; ++i) right[lane % 4 + i * 4][lane / 4] = b[warp + lane][i];
        }
        for (int lane = 0; lane < 32; ++lane)
            for (int i = 0; i < 4; ++i)
                for (int k = 0; k < 8; ++k)
                    sum[warp + lane][place + i] += left[lane / 4 + i / 2 * 8][k] * right[k][lane % 4 * 2 + i % 2];
    }
}

#define MULTIPLY(SUM, PLACE, A, B) multiply(SUM, PLACE, A, B);

#endif

// The same of whole 32-bit numbers: each is a part and a rest, and only the product of the rests is left out.
#define MULTIPLY_WHOLE(SUM, PLACE, A, REST_OF_A, B, REST_OF_B) \
    MULTIPLY(SUM, PLACE, REST_OF_A, B) \
    MULTIPLY(SUM, PLACE, A, REST_OF_B) \
    MULTIPLY(SUM, PLACE, A, B)

// What is left of a gradient behind a ReLU whose output is `gate[i]`; all of it where there is none.
DEVICE real gated(const real* gate, int i, real g) { return gate && !(gate[i] > 0) ? real(0) : g; }

// Stores a term of a gradient: the first one, or one more.
DEVICE void store(real* to, int i, real value, int add) { to[i] = add ? to[i] + value : value; }

// Adds up a column of BLOCK numbers in place; the sum is in the first. Halves are added to halves, always in the same order.
#define ADD_UP(COLUMN) \
    for (int half = BLOCK / 2; half > 0; half /= 2) \
        THREADS { if (t < half) (COLUMN)[t] += (COLUMN)[t + half]; }

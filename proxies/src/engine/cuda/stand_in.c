// A stand-in for the NVIDIA driver's library, for tests: one device whose memory is the host's, and whose kernels are those compiled for the
// host (libraries $STAND_IN_F32 and $STAND_IN_F64, loaded as modules in that order). It refuses calls that the real one would refuse. It is not
// for several threads at once.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long Address;
typedef void (*Kernel)(Address table, unsigned x, unsigned y, unsigned z);

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, NO_DEVICE = 100, NO_IMAGE = 200, NO_CONTEXT = 201, BAD_HANDLE = 400, NOT_FOUND = 500 };

static void *const context = (void *)0x10, *const kernels_stream = (void *)0x20, *const own_stream = (void *)2;
static _Thread_local void *current;
static void *libraries[2];
static int modules;

int cuInit(unsigned flags) {
    libraries[0] = dlopen(getenv("STAND_IN_F32"), RTLD_NOW);
    libraries[1] = dlopen(getenv("STAND_IN_F64"), RTLD_NOW);
    return libraries[0] && libraries[1] ? OK : NO_DEVICE;
}
int cuDriverGetVersion(int *version) { return *version = 13000, OK; }
int cuDeviceGetCount(int *count) { return *count = 1, OK; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal == 0 ? OK : NO_DEVICE; }
int cuDeviceGetName(char *name, int length, int device) { return strncpy(name, "stand-in", length), OK; }
int cuDeviceGetAttribute(int *value, int attribute, int device) { return *value = attribute == 75 ? 9 : 0, OK; }
int cuDevicePrimaryCtxRetain(void **retained, int device) { return *retained = context, OK; }
int cuDevicePrimaryCtxRelease_v2(int device) { return OK; }
int cuCtxSetCurrent(void *chosen) { return current = chosen, chosen == context ? OK : NO_CONTEXT; }
int cuStreamCreate(void **stream, unsigned flags) { return *stream = kernels_stream, flags == 1 ? OK : INVALID; }
int cuStreamDestroy_v2(void *stream) { return OK; }
int cuStreamSynchronize(void *stream) { return stream == kernels_stream || stream == own_stream ? OK : BAD_HANDLE; }
int cuMemAlloc_v2(Address *address, size_t bytes) {
    void *memory;
    if (current != context) return NO_CONTEXT;
    if (posix_memalign(&memory, 256, bytes)) return NO_MEMORY;
    return *address = (Address)memset(memory, 0xff, bytes), OK;
}
int cuMemFree_v2(Address address) { return free((void *)address), OK; }
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *stream) {
    if (current != context || stream != own_stream) return NO_CONTEXT;
    return memcpy((void *)to, from, bytes), OK;
}
int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *stream) {
    if (current != context || stream != own_stream) return NO_CONTEXT;
    return memcpy(to, (const void *)from, bytes), OK;
}
int cuModuleLoadData(void **module, const void *image) {
    return *module = libraries[modules++ % 2], memcmp(image, "\177ELF", 4) ? NO_IMAGE : OK;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
    return *function = dlsym(module, name), *function ? OK : NOT_FOUND;
}
// What is launched while the stream collects, and the one graph that it becomes.
static struct { Kernel kernel; Address table; unsigned x, y, z; } graph[1 << 16];
static int collecting, collected;
static void *const the_graph = (void *)0x30, *const executable = (void *)0x40;

int cuStreamBeginCapture_v2(void *stream, int mode) {
    if (current != context || stream != kernels_stream || collecting) return INVALID;
    return collecting = 1, collected = 0, OK;
}
int cuStreamEndCapture(void *stream, void **made) {
    if (!collecting) return INVALID;
    return *made = the_graph, collecting = 0, OK;
}
int cuGraphInstantiateWithFlags(void **made, void *from, unsigned long long flags) {
    return *made = executable, from == the_graph && !collecting ? OK : INVALID;
}
int cuGraphLaunch(void *made, void *stream) {
    if (made != executable || stream != kernels_stream) return BAD_HANDLE;
    for (int i = 0; i < collected; ++i) graph[i].kernel(graph[i].table, graph[i].x, graph[i].y, graph[i].z);
    return OK;
}
int cuGraphExecDestroy(void *made) { return made == executable ? OK : BAD_HANDLE; }
int cuGraphDestroy(void *made) { return made == the_graph ? OK : BAD_HANDLE; }
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned rows, unsigned layers, unsigned shared,
                   void *stream, void **arguments, void **extra) {
    if (current != context || stream != kernels_stream) return NO_CONTEXT;
    if (!x || !y || !z || y > 65535 || z > 65535 || threads != 128 || rows != 1 || layers != 1 || shared) return INVALID;
    if (collecting) {
        if (collected == sizeof graph / sizeof *graph) return NO_MEMORY;
        graph[collected].kernel = (Kernel)function, graph[collected].table = *(Address *)arguments[0];
        return graph[collected].x = x, graph[collected].y = y, graph[collected++].z = z, OK;
    }
    return ((Kernel)function)(*(Address *)arguments[0], x, y, z), OK;
}
int cuGetErrorName(int error, const char **name) { return *name = "STAND_IN", OK; }
int cuGetErrorString(int error, const char **text) { return *text = "the stand-in refuses", OK; }

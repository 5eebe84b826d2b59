// Times the two products of the CUTLASS experts alone, of several builds of their kernels in turn, and compares their bits:
//
//     nvcc -O2 -std=c++17 -I src/Experts.Cutlass/Kernels/common -o products benchmarks/products/products.cu -lcuda
//     ./products qwen3-30b-a3b:4096,gpt-oss-120b:8192 old.cubin new.cubin [new.cubin@160x1 ...]
//
// A build is the cubin of sm90_bf16_grouped_gemm.cu, optionally with a tile (160x2c2 unless said). Layers are those of bench,
// all with SiLU and without biases, ids uniform. Prints microseconds, the median of nine launches, each after a pause of 8 ms
// and a flush of L2, and how many 4-byte words of a build's results differ from the first build's. An earlier form of this
// program made benchmarks/results/cutlass-order.h100.json; this one has been compiled, but not run.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <cuda.h>
#include <cuda_runtime.h>

#include "arguments.cuh"

#define CHECK(call)                                                                        \
    do {                                                                                   \
        const auto status = (call);                                                        \
        if (static_cast<int>(status) != 0) {                                               \
            std::fprintf(stderr, "%s failed: error %d\n", #call, static_cast<int>(status)); \
            std::exit(1);                                                                  \
        }                                                                                  \
    } while (false)

constexpr int kLaunches = 9;
constexpr auto kPause = std::chrono::milliseconds(8);
constexpr size_t kFlushBytes = size_t{256} << 20;

struct Layer {
    const char* name;
    int experts, top_k, hidden, intermediate;
};

// A rank of eight of DeepSeek-V3 is an eighth of its experts with one slot of eight.
constexpr Layer kLayers[] = {
    {"mixtral-8x7b", 8, 2, 4096, 14336},   {"qwen3-30b-a3b", 128, 8, 2048, 768}, {"qwen3-235b-a22b", 128, 8, 4096, 1536},
    {"deepseek-v3-ep8", 32, 1, 7168, 2048}, {"gpt-oss-120b", 128, 4, 2880, 2880}, {"untuned-64x6", 64, 6, 2816, 1408},
};

struct Build {
    std::string name;
    std::string tile;
    CUfunction products[2];
    int shared_bytes[2];
    int threads[2];
};

__device__ uint32_t mix(uint32_t value) {
    value = (value ^ (value >> 16)) * 0x85ebca6bu;
    value = (value ^ (value >> 13)) * 0xc2b2ae35u;
    return value ^ (value >> 16);
}

// Random bf16 numbers, the sum of two uniform ones, up to `scale`.
__global__ void fill(uint16_t* target, size_t count, float scale, uint32_t seed) {
    for (size_t i = blockIdx.x * size_t{blockDim.x} + threadIdx.x; i < count; i += size_t{gridDim.x} * blockDim.x) {
        const uint32_t bits = mix(static_cast<uint32_t>(i) * 2654435761u ^ seed ^ static_cast<uint32_t>(i >> 32) * 97u);
        const float value = ((bits & 0xffff) / 65536.0f + (bits >> 16) / 65536.0f - 1.0f) * scale;
        target[i] = static_cast<uint16_t>(__float_as_uint(value) >> 16);
    }
}

__global__ void overwrite(uint4* target, size_t count) {
    for (size_t i = blockIdx.x * size_t{blockDim.x} + threadIdx.x; i < count; i += size_t{gridDim.x} * blockDim.x) {
        target[i] = make_uint4(static_cast<uint32_t>(i), 1, 2, 3);
    }
}

__global__ void count_differences(const uint32_t* one, const uint32_t* other, size_t count, unsigned long long* differences) {
    unsigned long long own = 0;
    for (size_t i = blockIdx.x * size_t{blockDim.x} + threadIdx.x; i < count; i += size_t{gridDim.x} * blockDim.x) {
        own += one[i] != other[i];
    }
    if (own != 0) {
        atomicAdd(differences, own);
    }
}

template <class T>
T* allocate(size_t count) {
    T* memory = nullptr;
    CHECK(cudaMalloc(&memory, count * sizeof(T)));
    return memory;
}

// A map over bf16 rows as the launchers of the experts make it, sizes and box from the innermost dimension.
CUtensorMap map_of(void* address, std::vector<cuuint64_t> sizes, std::vector<cuuint32_t> box) {
    std::vector<cuuint64_t> strides;
    cuuint64_t bytes = sizeof(uint16_t);
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
        strides.push_back(bytes *= sizes[i]);
    }
    const std::vector<cuuint32_t> steps(sizes.size(), 1);
    CUtensorMap map;
    CHECK(cuTensorMapEncodeTiled(
        &map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, static_cast<cuuint32_t>(sizes.size()), address, sizes.data(), strides.data(),
        box.data(), steps.data(), CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
        CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
    return map;
}

Build load(const std::string& argument) {
    const size_t at = argument.find('@');
    Build build{argument, at == std::string::npos ? "160x2c2" : argument.substr(at + 1)};
    CUmodule module;
    CHECK(cuModuleLoad(&module, argument.substr(0, at).c_str()));
    for (int product = 0; product < 2; ++product) {
        const std::string kernel =
            std::string("sm90_bf16_grouped_gemm_") + (product == 0 ? "silu_" : "down_") + build.tile;
        CUfunction function;
        CUdeviceptr constant;
        CHECK(cuModuleGetFunction(&function, module, kernel.c_str()));
        CHECK(cuModuleGetGlobal(&constant, nullptr, module, (kernel + "__constant__shared_bytes").c_str()));
        CHECK(cuMemcpyDtoH(&build.shared_bytes[product], constant, sizeof(int)));
        CHECK(cuFuncSetAttribute(
            function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, build.shared_bytes[product]));
        CHECK(cuFuncGetAttribute(&build.threads[product], CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function));
        build.products[product] = function;
    }
    return build;
}

// Tensors of one layer and the arguments of its products.
class Products {
public:
    Products(const Layer& layer, int tokens) : layer_(layer), pairs_(static_cast<size_t>(tokens) * layer.top_k) {
        const size_t hidden = layer.hidden, intermediate = layer.intermediate, experts = layer.experts;
        uint16_t* rows = random_numbers(tokens * hidden, 1.7f, 1);
        uint16_t* gate_up = random_numbers(experts * 2 * intermediate * hidden, 0.05f, 2);
        uint16_t* down = random_numbers(experts * hidden * intermediate, 0.05f, 3);
        results_[0] = own(allocate<uint16_t>(pairs_ * intermediate));
        results_[1] = own(allocate<uint16_t>(pairs_ * hidden));
        first_results_[0] = own(allocate<uint16_t>(pairs_ * intermediate));
        first_results_[1] = own(allocate<uint16_t>(pairs_ * hidden));
        uint32_t* counters = own(allocate<uint32_t>(2));
        CHECK(cudaMemset(counters, 0, 2 * sizeof(uint32_t)));

        GroupedGemmArgs args{};
        route(tokens, args);
        args.num_experts = layer.experts;
        args.limit = INFINITY;
        args.alpha = 1.0f;
        args_[0] = args_[1] = args;
        args_[0].weights = map_of(gate_up, {hidden, intermediate, 2, experts}, {64, 64, 2, 1});
        args_[0].rows = rows;
        args_[0].pairs_per_row = layer.top_k;
        args_[1].weights = map_of(down, {intermediate, hidden, 1, experts}, {64, 128, 1, 1});
        args_[1].sorted_rows_64 = map_of(results_[0], {intermediate, pairs_}, {64, 64});
        args_[1].sorted_rows_16 = map_of(results_[0], {intermediate, pairs_}, {64, 16});
        args_[1].pairs_per_row = 1;
        for (int product = 0; product < 2; ++product) {
            args_[product].output = results_[product];
            args_[product].tile_counter = counters + product;
            args_[product].size_k = product == 0 ? layer.hidden : layer.intermediate;
            args_[product].features = product == 0 ? layer.intermediate : layer.hidden;
        }
    }

    ~Products() {
        for (void* memory : memory_) {
            cudaFree(memory);
        }
    }

    void launch(const Build& build, int product, int blocks) {
        void* parameters[] = {&args_[product]};
        CHECK(cuLaunchKernel(
            build.products[product], blocks, 1, 1, build.threads[product], 1, 1, build.shared_bytes[product], nullptr,
            parameters, nullptr));
    }

    // Makes the results of a product what the first build wrote.
    void remember(int product) {
        CHECK(cudaMemcpy(first_results_[product], results_[product], bytes_of(product), cudaMemcpyDeviceToDevice));
    }

    // Words in which the results differ from what is remembered; the remembered ones are put in their place.
    unsigned long long compare(int product, unsigned long long* differences) {
        unsigned long long words = 0;
        CHECK(cudaMemset(differences, 0, sizeof(words)));
        count_differences<<<512, 256>>>(
            reinterpret_cast<uint32_t*>(results_[product]), reinterpret_cast<uint32_t*>(first_results_[product]),
            bytes_of(product) / sizeof(uint32_t), differences);
        CHECK(cudaMemcpy(&words, differences, sizeof(words), cudaMemcpyDeviceToHost));
        CHECK(cudaMemcpy(results_[product], first_results_[product], bytes_of(product), cudaMemcpyDeviceToDevice));
        return words;
    }

    // Nothing that a build leaves unwritten may look right.
    void poison(int product) { CHECK(cudaMemset(results_[product], 0xff, bytes_of(product))); }

private:
    template <class T>
    T* own(T* memory) {
        memory_.push_back(memory);
        return memory;
    }

    uint16_t* random_numbers(size_t count, float scale, uint32_t seed) {
        uint16_t* numbers = own(allocate<uint16_t>(count));
        fill<<<1024, 256>>>(numbers, count, scale, seed);
        return numbers;
    }

    size_t bytes_of(int product) const {
        return pairs_ * (product == 0 ? layer_.intermediate : layer_.hidden) * sizeof(uint16_t);
    }

    // Each token chooses top_k different experts; pairs by expert, in the order of tokens.
    void route(int tokens, GroupedGemmArgs& args) {
        std::mt19937_64 random(7);
        std::vector<int> experts(layer_.experts);
        std::vector<std::vector<int>> pairs(layer_.experts);
        for (int expert = 0; expert < layer_.experts; ++expert) {
            experts[expert] = expert;
        }
        for (int token = 0; token < tokens; ++token) {
            for (int slot = 0; slot < layer_.top_k; ++slot) {
                std::swap(experts[slot], experts[slot + random() % (layer_.experts - slot)]);
                pairs[experts[slot]].push_back(token * layer_.top_k + slot);
            }
        }
        std::vector<int> sorted, offsets(1, 0);
        for (const auto& of_expert : pairs) {
            sorted.insert(sorted.end(), of_expert.begin(), of_expert.end());
            offsets.push_back(static_cast<int>(sorted.size()));
        }
        int* device_sorted = own(allocate<int>(sorted.size()));
        int* device_offsets = own(allocate<int>(offsets.size()));
        CHECK(cudaMemcpy(device_sorted, sorted.data(), sorted.size() * sizeof(int), cudaMemcpyHostToDevice));
        CHECK(cudaMemcpy(device_offsets, offsets.data(), offsets.size() * sizeof(int), cudaMemcpyHostToDevice));
        args.sorted_pairs = device_sorted;
        args.expert_offsets = device_offsets;
    }

    Layer layer_;
    size_t pairs_;
    GroupedGemmArgs args_[2];
    uint16_t* results_[2];
    uint16_t* first_results_[2];
    std::vector<void*> memory_;
};

// Times one launch after a pause and a flush of L2.
float time_launch(Products& products, const Build& build, int product, int blocks, uint4* flushed) {
    cudaEvent_t begin, end;
    CHECK(cudaEventCreate(&begin));
    CHECK(cudaEventCreate(&end));
    CHECK(cudaDeviceSynchronize());
    std::this_thread::sleep_for(kPause);
    overwrite<<<1024, 256>>>(flushed, kFlushBytes / sizeof(uint4));
    CHECK(cudaEventRecord(begin));
    products.launch(build, product, blocks);
    CHECK(cudaEventRecord(end));
    CHECK(cudaDeviceSynchronize());
    float milliseconds = 0.0f;
    CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
    CHECK(cudaEventDestroy(begin));
    CHECK(cudaEventDestroy(end));
    return milliseconds * 1000.0f;
}

void measure(const Layer& layer, int tokens, const std::vector<Build>& builds, int blocks, uint4* flushed) {
    Products products(layer, tokens);
    unsigned long long* differences = allocate<unsigned long long>(1);
    std::vector<std::vector<float>> times(2 * builds.size());
    std::vector<unsigned long long> words(2 * builds.size());
    for (int launch = -1; launch < kLaunches; ++launch) { // the first is for bits
        for (size_t i = 0; i < builds.size(); ++i) {
            for (int product = 0; product < 2; ++product) {
                if (launch >= 0) {
                    times[2 * i + product].push_back(time_launch(products, builds[i], product, blocks, flushed));
                    continue;
                }
                products.poison(product);
                products.launch(builds[i], product, blocks);
                CHECK(cudaDeviceSynchronize());
                if (i == 0) {
                    products.remember(product);
                } else {
                    words[2 * i + product] = products.compare(product, differences);
                }
            }
        }
    }
    std::printf("%s, %d tokens\n", layer.name, tokens);
    for (size_t i = 0; i < builds.size(); ++i) {
        for (int product = 0; product < 2; ++product) {
            std::sort(times[2 * i + product].begin(), times[2 * i + product].end());
        }
        std::printf(
            "  %-32s first %8.1f  second %8.1f  differing words %llu, %llu\n", builds[i].name.c_str(),
            times[2 * i][kLaunches / 2], times[2 * i + 1][kLaunches / 2], words[2 * i], words[2 * i + 1]);
    }
    CHECK(cudaFree(differences));
}

int main(int count, char** arguments) {
    if (count < 3) {
        std::fprintf(stderr, "usage: products LAYER:TOKENS[,...] BUILD.cubin[@TILE] ...\n");
        return 2;
    }
    CHECK(cudaFree(nullptr));
    int blocks = 0;
    CHECK(cudaDeviceGetAttribute(&blocks, cudaDevAttrMultiProcessorCount, 0));
    blocks -= blocks % 2; // clusters of two
    std::vector<Build> builds;
    for (int i = 2; i < count; ++i) {
        builds.push_back(load(arguments[i]));
    }
    uint4* flushed = allocate<uint4>(kFlushBytes / sizeof(uint4));
    std::stringstream cases(arguments[1]);
    for (std::string item; std::getline(cases, item, ',');) {
        const std::string name = item.substr(0, item.find(':'));
        const auto* layer =
            std::find_if(std::begin(kLayers), std::end(kLayers), [&](const Layer& one) { return name == one.name; });
        const int tokens = item.size() > name.size() ? std::atoi(item.c_str() + name.size() + 1) : 0;
        if (layer == std::end(kLayers) || tokens < 1) {
            std::fprintf(stderr, "A case must be LAYER:TOKENS with a layer of bench, got '%s'\n", item.c_str());
            return 2;
        }
        measure(*layer, tokens, builds, blocks, flushed);
    }
    return 0;
}

/* The limit: the notebook's training in C for one thread of this very machine, whatever instructions it has. Not a
 * part of the pipeline; it says how much of the machine the other contenders leave unused.
 *
 *   cc -O3 -march=native -ffast-math step.c -lm -o step && ./step WINDOWS BATCH EPOCHS
 *
 * Fixed in size (windows of 5, 64 units, 32 dense units, batches of at most 32). Every matrix lies row by row, so that
 * one tile of 8 rows × 32 columns, held in registers, does all products: z = [h x] W, dh = dz Wᵀ, dW = [h x]ᵀ dz. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { STEPS = 5, FEATURES = 2, UNITS = 64, GATES = 4 * UNITS, DENSE = 32, ROWS = 32, LANES = 16 };
/* [h x] with zeros up to a multiple of 8: the rows of a tile. The weights that meet the zeros stay 0. */
enum { INPUTS = 72 };
enum { W = 0, B = W + INPUTS * GATES, W1 = B + GATES, B1 = W1 + UNITS * DENSE, W2 = B1 + DENSE, B2 = W2 + DENSE };
enum { PARAMETERS = (B2 + 1 + LANES - 1) / LANES * LANES };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));
#define ALIGNED static _Alignas(64)

ALIGNED float weights[PARAMETERS], gradient[PARAMETERS], first[PARAMETERS], second[PARAMETERS];
ALIGNED float inputs[STEPS][ROWS][INPUTS]; /* [h of the step before, x] */
ALIGNED float gates[STEPS][ROWS][GATES];   /* Keras's order: input, forget, candidate, output; then their gradients */
ALIGNED float cells[STEPS + 1][ROWS][UNITS], tanh_cells[STEPS][ROWS][UNITS]; /* cells[0] stays 0 */
ALIGNED float last[ROWS][UNITS], mask[ROWS][UNITS], dense[ROWS][DENSE], d_dense[ROWS][DENSE];
ALIGNED float d_h[ROWS][UNITS], d_c[ROWS][UNITS], logit[ROWS];
ALIGNED float recurrent_t[GATES][UNITS], dense_t[DENSE][UNITS];

/* e^x, relative error below 2e-7 (Cephes's polynomial); vectorises, which calls of expf do not everywhere. */
static inline float exp_of(float x) {
  x = fminf(fmaxf(x, -87.0f), 88.0f);
  float n = rintf(x * 1.44269504f), r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  union { int32_t bits; float value; } scale = {((int32_t)n + 127) << 23};
  return (p * r * r + r + 1) * scale.value;
}
static inline float sigmoid(float x) { return 1 / (1 + exp_of(-x)); }
static inline float tanh_of(float x) { return 1 - 2 / (1 + exp_of(2 * x)); }

/* out[i][0..31] (+)= Σ over k < n of a[i * a_row + k * a_step] * b[k][0..31], for 8 rows i. */
static inline __attribute__((always_inline)) void tile(const float *a, long a_row, long a_step, const float *b,
                                                       long b_row, long n, const lanes *start, float *out, long out_row) {
  lanes sum[8][2];
  for (int i = 0; i < 8; i++) sum[i][0] = start[0], sum[i][1] = start[1];
  for (long k = 0; k < n; k++, a += a_step, b += b_row) {
    lanes left = *(const lanes *)b, right = *(const lanes *)(b + LANES);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) sum[i][0] += a[i * a_row] * left, sum[i][1] += a[i * a_row] * right;
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) {
    *(lanes *)(out + i * out_row) = sum[i][0];
    *(lanes *)(out + i * out_row + LANES) = sum[i][1];
  }
}
static const lanes zeros[2];

static void transpose(const float *from, int rows, int columns, float *to) {
  for (int column = 0; column < columns; column++)
    for (int row = 0; row < rows; row++) to[column * rows + row] = from[row * columns + column];
}

/* Reads `count` windows, and leaves the last step's output in `last`. x: [windows, STEPS, FEATURES]. */
static void forward(const float *x, const int *order, int count) {
  for (int row = 0; row < ROWS; row++) {
    const float *window = x + (long)order[row < count ? row : 0] * STEPS * FEATURES;
    for (int t = 0; t < STEPS; t++) memcpy(&inputs[t][row][UNITS], window + t * FEATURES, FEATURES * sizeof(float));
  }
  for (int t = 0; t < STEPS; t++) {
    int from = t == 0 ? UNITS : 0; /* h is 0 before the first step */
    for (int column = 0; column < GATES; column += 2 * LANES)
      for (int row = 0; row < ROWS; row += 8)
        tile(&inputs[t][row][from], INPUTS, 1, weights + W + from * GATES + column, GATES, UNITS + FEATURES - from,
             (const lanes *)(weights + B + column), &gates[t][row][column], GATES);
    for (int row = 0; row < ROWS; row++) {
      float *z = gates[t][row], *h = t + 1 < STEPS ? inputs[t + 1][row] : last[row];
      for (int u = 0; u < UNITS; u++) {
        float i = sigmoid(z[u]), f = sigmoid(z[UNITS + u]), g = tanh_of(z[2 * UNITS + u]), o = sigmoid(z[3 * UNITS + u]);
        float c = f * cells[t][row][u] + i * g, tanh_c = tanh_of(c);
        z[u] = i, z[UNITS + u] = f, z[2 * UNITS + u] = g, z[3 * UNITS + u] = o;
        cells[t + 1][row][u] = c, tanh_cells[t][row][u] = tanh_c, h[u] = o * tanh_c;
      }
    }
  }
}

/* `last` → logits; the mean loss's sum over the first `count` rows. */
static float head(const float *y, const int *order, int count) {
  for (int row = 0; row < ROWS; row += 8)
    tile(last[row], UNITS, 1, weights + W1, DENSE, UNITS, (const lanes *)(weights + B1), dense[row], DENSE);
  float loss = 0;
  for (int row = 0; row < ROWS; row++) {
    float z = weights[B2];
    for (int d = 0; d < DENSE; d++) {
      dense[row][d] = fmaxf(dense[row][d], 0);
      z += dense[row][d] * weights[W2 + d];
    }
    logit[row] = z;
    if (row < count) loss += fmaxf(z, 0) - z * y[order[row]] + log1pf(expf(-fabsf(z)));
  }
  return loss;
}

static uint32_t mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  x = (x ^ (x >> 13)) * 0xc2b2ae35;
  return x ^ (x >> 16);
}

/* A fifth of the outputs dropped; the seed is another one each step. */
static void drop(uint32_t seed) {
  for (int row = 0; row < ROWS; row++)
    for (int u = 0; u < UNITS; u++) {
      mask[row][u] = (int32_t)(mix(seed + row * UNITS + u) >> 8) >= (int32_t)(0.2 * (1 << 24)) ? 1.25f : 0;
      last[row][u] *= mask[row][u];
    }
}

static void backward(const float *y, const int *order, int count) {
  memset(gradient + B, 0, GATES * sizeof(float));
  memset(gradient + B1, 0, (DENSE + DENSE + 1) * sizeof(float));
  for (int row = 0; row < ROWS; row++) {
    float d = row < count ? (sigmoid(logit[row]) - y[order[row]]) / count : 0;
    gradient[B2] += d;
    for (int u = 0; u < DENSE; u++) {
      gradient[W2 + u] += d * dense[row][u];
      d_dense[row][u] = dense[row][u] > 0 ? d * weights[W2 + u] : 0;
      gradient[B1 + u] += d_dense[row][u];
    }
  }
  for (int u = 0; u < UNITS; u += 8)
    tile(&last[0][u], 1, UNITS, d_dense[0], DENSE, ROWS, zeros, gradient + W1 + u * DENSE, DENSE);
  transpose(weights + W1, UNITS, DENSE, dense_t[0]);
  transpose(weights + W, UNITS, GATES, recurrent_t[0]);
  for (int row = 0; row < ROWS; row += 8)
    for (int column = 0; column < UNITS; column += 2 * LANES)
      tile(d_dense[row], DENSE, 1, &dense_t[0][column], UNITS, DENSE, zeros, &d_h[row][column], UNITS);
  for (int row = 0; row < ROWS; row++)
    for (int u = 0; u < UNITS; u++) d_h[row][u] *= mask[row][u], d_c[row][u] = 0;
  for (int t = STEPS - 1; t >= 0; t--) {
    for (int row = 0; row < ROWS; row++) {
      float *z = gates[t][row], *bias = gradient + B;
      for (int u = 0; u < UNITS; u++) {
        float i = z[u], f = z[UNITS + u], g = z[2 * UNITS + u], o = z[3 * UNITS + u], tanh_c = tanh_cells[t][row][u];
        float dh = d_h[row][u], dc = d_c[row][u] + dh * o * (1 - tanh_c * tanh_c);
        z[u] = dc * g * i * (1 - i);
        z[UNITS + u] = dc * cells[t][row][u] * f * (1 - f);
        z[2 * UNITS + u] = dc * i * (1 - g * g);
        z[3 * UNITS + u] = dh * tanh_c * o * (1 - o);
        d_c[row][u] = dc * f;
        for (int gate = 0; gate < GATES; gate += UNITS) bias[gate + u] += z[gate + u];
      }
    }
    if (t == 0) break;
    for (int row = 0; row < ROWS; row += 8)
      for (int column = 0; column < UNITS; column += 2 * LANES)
        tile(gates[t][row], GATES, 1, &recurrent_t[0][column], UNITS, GATES, zeros, &d_h[row][column], UNITS);
  }
  for (int column = 0; column < GATES; column += 2 * LANES)
    for (int input = 0; input < INPUTS; input += 8)
      tile(&inputs[0][0][input], 1, INPUTS, &gates[0][0][column], GATES, STEPS * ROWS, zeros,
           gradient + W + input * GATES + column, GATES);
}

static void adam(double rate) {
  float scale = (float)rate;
  for (int p = 0; p < PARAMETERS; p++) {
    first[p] += 0.1f * (gradient[p] - first[p]);
    second[p] += 0.001f * (gradient[p] * gradient[p] - second[p]);
    weights[p] -= scale * first[p] / (sqrtf(second[p]) + 1e-7f);
  }
}

static uint32_t random_state = 42;
static uint32_t next_random(void) { return mix(random_state += 0x9e3779b9); }
static float uniform(float limit) { return limit * ((float)next_random() / 2147483648.0f - 1); }

/* Glorot uniform; a recurrent kernel of orthogonal rows (Gram and Schmidt's way); the forget gate's bias 1. */
static void initialise(void) {
  for (int f = 0; f < FEATURES; f++)
    for (int g = 0; g < GATES; g++) weights[W + (UNITS + f) * GATES + g] = uniform(sqrtf(6.0f / (FEATURES + GATES)));
  for (int row = 0; row < UNITS; row++) {
    float *v = weights + W + row * GATES, length = 0;
    /* The sum of three uniform numbers is near enough to normal. */
    for (int g = 0; g < GATES; g++) v[g] = uniform(1) + uniform(1) + uniform(1);
    for (const float *other = weights + W; other < v; other += GATES) {
      float product = 0;
      for (int g = 0; g < GATES; g++) product += v[g] * other[g];
      for (int g = 0; g < GATES; g++) v[g] -= product * other[g];
    }
    for (int g = 0; g < GATES; g++) length += v[g] * v[g];
    for (int g = 0; g < GATES; g++) v[g] /= sqrtf(length);
  }
  for (int u = UNITS; u < 2 * UNITS; u++) weights[B + u] = 1;
  for (int w = W1; w < B1; w++) weights[w] = uniform(sqrtf(6.0f / (UNITS + DENSE)));
  for (int w = W2; w < B2; w++) weights[w] = uniform(sqrtf(6.0f / (DENSE + 1)));
}

static float *read_floats(const char *folder, const char *name, int *count) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) perror(path), exit(1);
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  float *values = malloc(bytes);
  if (fread(values, 1, bytes, file) != (size_t)bytes) perror(path), exit(1);
  fclose(file);
  *count = (int)(bytes / sizeof(float));
  return values;
}

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void print_list(const char *name, const double *values, int count) {
  printf("\"%s\":[", name);
  for (int i = 0; i < count; i++) printf("%s%.6f", i ? "," : "", values[i]);
  printf("],");
}

/* Largest resident size. Linux counts the parent's, from before the program was loaded, into getrusage's. */
static long peak_bytes(void) {
  FILE *status = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes;
  while (status && fgets(line, sizeof line, status))
    if (sscanf(line, "VmHWM: %ld kB", &kilobytes) == 1) return fclose(status), kilobytes * 1024;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss; /* bytes on macOS */
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: %s WINDOWS BATCH EPOCHS\n", argv[0]), 2;
  int batch = atoi(argv[2]), epochs = atoi(argv[3]), size, windows, tests;
  if (batch < 1 || batch > ROWS) return fprintf(stderr, "Expected a batch of 1 to %d, got %s\n", ROWS, argv[2]), 2;
  float *x = read_floats(argv[1], "train.x", &size), *y = read_floats(argv[1], "train.y", &windows);
  float *test_x = read_floats(argv[1], "test.x", &size), *test_y = read_floats(argv[1], "test.y", &tests);
  double *train = calloc(epochs, sizeof *train), *validation = calloc(epochs, sizeof *validation), power1 = 1, power2 = 1;
  double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID), loss = 0;
  int most = windows > tests ? windows : tests, *order = malloc(most * sizeof *order), *in_order = malloc(most * sizeof *order);
  for (int i = 0; i < most; i++) order[i] = in_order[i] = i;
  initialise();
  for (int epoch = 0; epoch < epochs; epoch++) {
    double started = now(CLOCK_MONOTONIC);
    for (int i = windows - 1; i > 0; i--) {
      int j = (int)(((uint64_t)next_random() * (i + 1)) >> 32), kept = order[i];
      order[i] = order[j], order[j] = kept;
    }
    for (int done = 0; done < windows; done += batch) {
      int count = windows - done < batch ? windows - done : batch;
      forward(x, order + done, count);
      drop(next_random());
      head(y, order + done, count);
      backward(y, order + done, count);
      power1 *= 0.9, power2 *= 0.999;
      adam(1e-3 * sqrt(1 - power2) / (1 - power1));
    }
    train[epoch] = now(CLOCK_MONOTONIC) - started;
    started = now(CLOCK_MONOTONIC), loss = 0;
    for (int done = 0; done < tests; done += ROWS) {
      int count = tests - done < ROWS ? tests - done : ROWS;
      forward(test_x, in_order + done, count);
      loss += head(test_y, in_order + done, count);
    }
    validation[epoch] = now(CLOCK_MONOTONIC) - started;
  }
  printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,", now(CLOCK_MONOTONIC) - wall, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  print_list("trainSeconds", train, epochs);
  print_list("validationSeconds", validation, epochs);
  printf("\"steps\":%d,\"peakBytes\":%ld,\"validationLoss\":%.6f,\"version\":\"%s\"}\n", (windows + batch - 1) / batch, peak_bytes(),
         loss / tests, "cc " __VERSION__);
}

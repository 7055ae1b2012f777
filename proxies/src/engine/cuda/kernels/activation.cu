// Activations and their slopes, by their number in the engine's list. At kinks the slopes are PyTorch's.

DEVICE real sigmoid(real x) { return 1 / (1 + exp(-x)); }

// min(max(x, 0), most); what is not a number stays so.
DEVICE real clipped(real x, real most) { return x <= 0 ? real(0) : x > most ? most : x; }

DEVICE real normal(real x) { return real(0.5) * (1 + erf(x * real(0.70710678118654752))); }

DEVICE real activated(int kind, real slope, real x) {
    switch (kind) {
    case RELU: return x <= 0 ? real(0) : x;
    case RELU6: return clipped(x, 6);
    case LEAKY_RELU: return x > 0 ? x : slope * x;
    case SILU: return x * sigmoid(x);
    case HARD_SWISH: return x * clipped(x + 3, 6) / 6;
    case GELU: return x * normal(x);
    case SIGMOID: return sigmoid(x);
    case HARD_SIGMOID: return clipped(x + 3, 6) / 6;
    default: return tanh(x);
    }
}

DEVICE real slope_of(int kind, real slope, real x) {
    switch (kind) {
    case RELU: return x > 0;
    case RELU6: return x > 0 && x < 6;
    case LEAKY_RELU: return x > 0 ? real(1) : slope;
    case SILU: return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x));
    case HARD_SWISH: return (clipped(x + 3, 6) + (x > -3 && x < 3 ? x : real(0))) / 6;
    case GELU: return normal(x) + x * real(0.39894228040143268) * exp(real(-0.5) * x * x);
    case SIGMOID: return sigmoid(x) * (1 - sigmoid(x));
    case HARD_SIGMOID: return x > -3 && x < 3 ? real(1) / 6 : real(0);
    default: return 1 - tanh(x) * tanh(x);
    }
}

"""What ONNX and PyTorch have in common on their way to a network of zeronas: tensors are followed, and layers written down."""

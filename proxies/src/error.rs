//! The error type of this crate.

/// What can go wrong while a network is built, initialised or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A layer cannot take the inputs it was given.
    #[error("layer `{layer}`: {reason}")]
    Layer {
        /// Name of the layer.
        layer: String,
        /// What does not fit.
        reason: String,
    },

    /// The network as a whole is not usable.
    #[error("network: {0}")]
    Network(String),

    /// A minibatch does not fit the network or is not well formed.
    #[error("minibatch: {0}")]
    Batch(String),

    /// A parameter is missing from the weights or has another shape.
    #[error("parameter `{name}`: {reason}")]
    Parameter {
        /// Name of the parameter tensor.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// No proxy of the registry has this name.
    #[error("unknown proxy `{name}`{hint}; there are {known}")]
    UnknownProxy {
        /// The name asked for.
        name: String,
        /// A suggestion of what may have been meant, in words, or empty.
        hint: String,
        /// The known names, separated by commas.
        known: String,
    },

    /// Candle failed while it ran a layer.
    #[error("layer `{layer}`, {step}")]
    Candle {
        /// Name of the layer that was running.
        layer: String,
        /// `forward` or `backward`.
        step: &'static str,
        /// Candle's own error.
        #[source]
        source: Box<candle_core::Error>,
    },

    /// A device has run out of memory.
    #[error("device `{device}`: no memory left for {bytes} bytes")]
    DeviceMemory {
        /// The device.
        device: String,
        /// Number of bytes asked for.
        bytes: usize,
    },

    /// A device that cannot be used.
    #[error("device `{device}`: {reason}")]
    Device {
        /// The device asked for.
        device: String,
        /// Why it cannot be used.
        reason: String,
    },
}

/// Result with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

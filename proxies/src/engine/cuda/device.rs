//! What the engine asks of a device.

pub use super::arguments::Address;
use super::source::Kernel;
use super::tuning::Tuning;
use super::work::Work;
use crate::Result;
use crate::engine::Precision;

/// A kernel on a grid of blocks, each of [`BLOCK`](super::source::BLOCK) threads: block z takes entry z of the table of arguments.
#[derive(Clone, Copy, Debug)]
pub struct Launch {
    /// What is launched.
    pub kernel: Kernel,
    /// On which numbers.
    pub precision: Precision,
    /// Blocks.
    pub grid: [u32; 3],
    /// Where the device has the table.
    pub table: Address,
    /// What there is to do.
    pub work: Work,
}

/// A device: memory, and kernels that run in the order in which they are launched.
pub trait Device: Send + Sync {
    /// What it calls itself.
    fn name(&self) -> &str;

    /// How its kernels of such numbers were compiled and are launched.
    fn tuning(&self, _precision: Precision) -> Tuning {
        Tuning::default()
    }

    /// So many bytes, aligned for any number.
    ///
    /// # Errors
    /// [`crate::Error::DeviceMemory`] if there is not enough left.
    fn allocate(&self, bytes: usize) -> Result<Address>;

    /// Gives memory back.
    ///
    /// # Safety
    /// It comes from [`Device::allocate`], and nothing uses it any more.
    unsafe fn release(&self, memory: Address);

    /// Copies to the device; done when it returns.
    ///
    /// # Safety
    /// There is so much memory at the address, and no kernel uses it.
    unsafe fn upload(&self, bytes: &[u8], to: Address) -> Result<()>;

    /// Copies from the device; done when it returns.
    ///
    /// # Safety
    /// There is so much memory at the address, and no kernel writes it.
    unsafe fn download(&self, from: Address, bytes: &mut [u8]) -> Result<()>;

    /// Launches come, and then [`Device::wait`].
    fn begin(&self) -> Result<()> {
        Ok(())
    }

    /// Launches a kernel.
    ///
    /// # Safety
    /// The table holds an entry for each z, and its addresses are of memory as large as its numbers say.
    unsafe fn launch(&self, launch: &Launch) -> Result<()>;

    /// Waits for all kernels.
    ///
    /// # Errors
    /// What went wrong in any of them.
    fn wait(&self) -> Result<()>;
}

//! What the engine needs from a device.

pub use super::arguments::Address;
use super::source::Kernel;
use super::tuning::Tuning;
use super::work::Work;
use crate::Result;
use crate::engine::Precision;

/// A launch of a kernel on a grid of blocks of [`BLOCK`](super::source::BLOCK) threads each. Blocks of index z use entry z of the
/// table of arguments.
#[derive(Clone, Copy, Debug)]
pub struct Launch {
    /// The kernel to launch.
    pub kernel: Kernel,
    /// The precision of its numbers.
    pub precision: Precision,
    /// Number of blocks in each dimension.
    pub grid: [u32; 3],
    /// The address of the table on the device.
    pub table: Address,
    /// The work that the launch has to do.
    pub work: Work,
}

/// A device: memory, and kernels that run in the order in which they are launched.
pub trait Device: Send + Sync {
    /// Returns the device's name.
    fn name(&self) -> &str;

    /// Returns how its kernels of this precision were compiled and are launched.
    fn tuning(&self, _precision: Precision) -> Tuning {
        Tuning::default()
    }

    /// Allocates this many bytes, aligned for any number.
    ///
    /// # Errors
    /// [`crate::Error::DeviceMemory`] if there is not enough memory left.
    fn allocate(&self, bytes: usize) -> Result<Address>;

    /// Frees memory.
    ///
    /// # Safety
    /// The memory must come from [`Device::allocate`], and nothing may use it any more.
    unsafe fn release(&self, memory: Address);

    /// Copies to the device, and returns when the copy is complete.
    ///
    /// # Safety
    /// There must be that much memory at the address, and no kernel may use it.
    unsafe fn upload(&self, bytes: &[u8], to: Address) -> Result<()>;

    /// Copies from the device, and returns when the copy is complete.
    ///
    /// # Safety
    /// There must be that much memory at the address, and no kernel may write it.
    unsafe fn download(&self, from: Address, bytes: &mut [u8]) -> Result<()>;

    /// Called before a sequence of launches that ends with [`Device::wait`].
    fn begin(&self) -> Result<()> {
        Ok(())
    }

    /// Launches a kernel.
    ///
    /// # Safety
    /// The table must hold an entry for each z, and its addresses must be those of memory as large as its numbers say.
    unsafe fn launch(&self, launch: &Launch) -> Result<()>;

    /// Waits for all kernels.
    ///
    /// # Errors
    /// If any of them failed.
    fn wait(&self) -> Result<()>;
}

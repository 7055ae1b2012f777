//! How fast a device copies and launches, whatever its kernels compute, and whether it generates the same weights as the host.

use super::arguments::{Arguments, Generate, SumParts};
use super::device::Launch;
use super::pool::Buffer;
use super::queue::Cuda;
use super::run::GENERATORS;
use super::source::{BLOCK, Kernel};
use super::work::Works;
use crate::Result;
use crate::engine::Precision;
use crate::network::Rule;
use std::time::{Duration, Instant};
use zeronas_random::Stream;

/// The measured speed of a device.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Bytes per second to the device.
    pub upload: f64,
    /// Bytes per second from it.
    pub download: f64,
    /// Bytes per second that kernels read and write.
    pub memory: f64,
    /// Time of a launch among many.
    pub launch: Duration,
    /// Time of a launch that is waited for.
    pub round_trip: Duration,
}

/// How many numbers are copied.
const NUMBERS: usize = 1 << 24;

/// How many normal numbers are generated.
const NORMAL: usize = 1 << 20;

impl Cuda {
    /// Measures copies and launches, in less than a second on a GPU.
    ///
    /// # Errors
    /// If the device fails, if copies come back changed, or if the normal numbers that the device generates differ from the host's.
    pub fn probe(&self) -> Result<Probe> {
        let numbers: Vec<f32> = (0..NUMBERS).map(|i| (i % 1021) as f32).collect();
        let mut back = vec![0.0f32; NUMBERS];
        let (from, to) = (self.take(4 * NUMBERS)?, self.take(4 * NUMBERS)?);
        self.upload(bytemuck::cast_slice(&numbers), from)?;
        let rate = |spent: Duration, bytes: usize| bytes as f64 / spent.as_secs_f64();
        let start = Instant::now();
        self.upload(bytemuck::cast_slice(&numbers), from)?;
        let upload = rate(start.elapsed(), 4 * NUMBERS);
        self.sum(from, to, NUMBERS, 1)?;
        let memory = rate(self.sum(from, to, NUMBERS, 10)?, 2 * 4 * NUMBERS * 10);
        let start = Instant::now();
        self.download(to, bytemuck::cast_slice_mut(&mut back))?;
        let download = rate(start.elapsed(), 4 * NUMBERS);
        let many = self.sum(from, to, 1, 1000)? / 1000;
        let alone = (0..100).map(|_| self.sum(from, to, 1, 1)).sum::<Result<Duration>>()? / 100;
        [from, to].into_iter().for_each(|buffer| self.give(buffer));
        if back != numbers {
            return Err(self.broken("copies do not come back as they went"));
        }
        self.check_normal()?;
        Ok(Probe { upload, download, memory, launch: many, round_trip: alone })
    }

    /// Checks that normal numbers are the host's bit for bit.
    fn check_normal(&self) -> Result<()> {
        let stream = Stream::new("probe", 0);
        let to = self.take(4 * NORMAL)?;
        let arguments = Generate::new(to.address, &stream, Rule::Normal(1.0), NORMAL, false);
        self.launch(Kernel::Generate, GENERATORS, &arguments, 1)?;
        let mut made = vec![0.0f32; NORMAL];
        self.download(to, bytemuck::cast_slice_mut(&mut made))?;
        self.give(to);
        let differs = |&(i, made): &(usize, f32)| made.to_bits() != (stream.normal(i as u64) as f32).to_bits();
        match made.into_iter().enumerate().filter(differs).count() {
            0 => Ok(()),
            differ => {
                Err(self.broken(&format!("of {NORMAL} normal numbers that it made, {differ} are not the host's")))
            }
        }
    }

    /// Times this many launches, each of which copies `length` numbers.
    fn sum(&self, from: Buffer, to: Buffer, length: usize, launches: usize) -> Result<Duration> {
        let arguments = SumParts { partial: from.address, total: to.address, parts: 1, length: length as i32 };
        self.launch(Kernel::SumParts, length.div_ceil(BLOCK as usize), &arguments, launches)
    }

    /// Times this many launches of one kernel on this many blocks. Its buffers have to be as large as its arguments say.
    fn launch(
        &self,
        kernel: Kernel,
        blocks: usize,
        arguments: &(impl Arguments + Works),
        launches: usize,
    ) -> Result<Duration> {
        let table = self.take(arguments.encode().len())?;
        self.upload(&arguments.encode(), table)?;
        let launch = Launch {
            kernel,
            precision: Precision::F32,
            grid: [blocks as u32, 1, 1],
            table: table.address,
            work: arguments.work([blocks, 1], 4),
        };
        let start = Instant::now();
        // SAFETY: the table holds the one entry, and the buffers it names are as large as it says or larger.
        let launched = (0..launches).try_for_each(|_| unsafe { self.device().launch(&launch) });
        let waited = self.device().wait();
        let spent = start.elapsed();
        self.give(table);
        launched.and(waited).map(|()| spent)
    }
}

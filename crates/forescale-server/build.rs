//! Makes the gRPC service from KEDA's wire definition, without a `protoc` on the machine.

use std::path::PathBuf;

use prost::Message;

const PROTO: &str = "proto/externalscaler.proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={PROTO}");
    let files = protox::compile([PROTO], ["proto"])?;
    // Reflection hands this out as it is.
    let folder = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(folder.join("externalscaler.bin"), files.encode_to_vec())?;
    // Who calls brings a connection of its own.
    tonic_prost_build::configure().build_transport(false).compile_fds(files)?;
    Ok(())
}

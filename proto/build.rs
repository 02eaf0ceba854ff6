//! Generates messages and services from `schema/`, without protoc.

use prost::Message as _;
use std::path::PathBuf;
use std::{env, error, fs};

const PUBLIC: [&str; 5] = [
    "eco/notary/v1/types.proto",
    "eco/notary/v1/submission.proto",
    "eco/notary/v1/verification.proto",
    "eco/notary/v1/log.proto",
    "eco/notary/v1/registry.proto",
];
const ADMIN: &str = "eco/notary/v1/admin.proto";

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo:rerun-if-changed=schema");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Two descriptor sets, so that reflection on the public listener does not tell of the admin service.
    let public = protox::compile(PUBLIC, ["schema"])?;
    let all = protox::compile(PUBLIC.iter().copied().chain([ADMIN]), ["schema"])?;
    fs::write(out.join("public.bin"), public.encode_to_vec())?;
    fs::write(out.join("all.bin"), all.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(all)?;
    Ok(())
}

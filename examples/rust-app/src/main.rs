//! Says how many seconds a duration has: for the argument that it is given, or as a server, one connection after the other.
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1) {
        Some(text) => match answer(&text) {
            Ok(line) => {
                println!("{line}");
                ExitCode::SUCCESS
            }
            Err(line) => {
                eprintln!("{line}");
                ExitCode::FAILURE
            }
        },
        None => serve(),
    }
}

fn answer(text: &str) -> Result<String, String> {
    humantime::parse_duration(text)
        .map(|duration| format!("{} seconds", duration.as_secs()))
        .map_err(|error| format!("{text}: {error}"))
}

fn serve() -> ExitCode {
    let listener = match TcpListener::bind("0.0.0.0:8080") {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("port 8080: {error}");
            return ExitCode::FAILURE;
        }
    };
    for stream in listener.incoming().flatten() {
        if let Err(error) = talk(stream) {
            eprintln!("{error}");
        }
    }
    ExitCode::SUCCESS
}

/// A line in, a line out.
fn talk(stream: TcpStream) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let told = answer(line.trim()).unwrap_or_else(|error| error);
    writeln!(&stream, "{told}")
}

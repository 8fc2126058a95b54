//! The real binary against a small device endpoint.

#[cfg(test)]
mod caching;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod support;

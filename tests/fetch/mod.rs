//! Evidence from the network: fetched safely, once for all nodes, and told to the verdicts that want it.

mod fetcher;

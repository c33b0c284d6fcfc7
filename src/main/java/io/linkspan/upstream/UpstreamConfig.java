package io.linkspan.upstream;

/**
 * A service behind the gateway.
 *
 * @param name in metrics and logs: what its route matches
 * @param address on the bus of this node
 * @param pipeline how Messages go to it
 * @param backend where it is and how it is spoken to
 */
public record UpstreamConfig(
    String name, String address, PipelineConfig pipeline, BackendConfig backend) {}

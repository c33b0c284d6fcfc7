package io.linkspan.upstream;

/**
 * Settings for one service behind the gateway.
 *
 * @param name used in metrics and logs: what its route matches
 * @param address on the bus of this node
 * @param pipeline how Messages are sent to it
 * @param backend creates what reaches it
 */
public record UpstreamConfig(
    String name, String address, PipelineConfig pipeline, BackendFactory backend) {}

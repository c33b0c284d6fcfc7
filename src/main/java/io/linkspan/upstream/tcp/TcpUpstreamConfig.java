package io.linkspan.upstream.tcp;

import io.linkspan.config.ConfigNode;
import io.linkspan.framing.FramingConfig;
import java.time.Duration;

/**
 * Settings for a service that receives Messages as frames on long-lived TCP links.
 *
 * @param links number of links
 * @param inOrder whether the service answers the Messages of a link in order; otherwise each answer
 *     names its Message
 * @param pause before a link that was lost or could not be opened is opened again; doubled each
 *     time that fails, less up to a half
 * @param maxPause upper bound of the doubling
 * @param tls whether links are encrypted
 * @param trust PEM file with the certificates of the service or of their issuers; empty: those that
 *     the Java runtime trusts
 */
public record TcpUpstreamConfig(
    String host,
    int port,
    FramingConfig framing,
    int links,
    boolean inOrder,
    Duration pause,
    Duration maxPause,
    boolean tls,
    String trust) {

  private static final int MOST_LINKS = 1_000;
  private static final int MAX_PORT = 65_535;

  /**
   * Reads the settings of a TCP service.
   *
   * @param complete whether the section must name the host; else it is one with defaults
   */
  public static TcpUpstreamConfig read(ConfigNode tcp, boolean complete) {
    return new TcpUpstreamConfig(
        complete ? tcp.name("host") : tcp.text("host"),
        tcp.count("port", 1, MAX_PORT),
        FramingConfig.read(tcp.section("framing")),
        tcp.count("links", 1, MOST_LINKS),
        tcp.flag("inOrder"),
        tcp.durationUpTo("pause", "maxPause"),
        tcp.duration("maxPause"),
        tcp.flag("tls"),
        tcp.file("trust"));
  }
}

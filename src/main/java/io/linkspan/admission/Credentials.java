package io.linkspan.admission;

import java.util.Map;

/**
 * Statements of a client about itself when it connects; null for each part that it leaves out.
 *
 * @param user the claimed name, which counts only where nothing is verified
 * @param token that proves the user
 * @param ack {@code client} or {@code transport}: the side that acknowledges Messages to the client
 * @param session token of a session to resume; empty for a new one that can be resumed
 * @param device key of the client's device
 * @param notices whether the client asks for a notice before its identity ends
 * @param source the link on which they came
 */
public record Credentials(
    String user,
    String token,
    String ack,
    String session,
    String device,
    boolean notices,
    Source source) {

  /**
   * The link of a client, as a hook sees it.
   *
   * @param transport label of the transport
   * @param remote network address of the client, {@code host:port}
   * @param headers of its request, as far as the configuration names them
   */
  public record Source(String transport, String remote, Map<String, String> headers) {

    /** Stands for a link of which nothing is known. */
    public static final Source UNKNOWN = new Source("", "", Map.of());

    public Source {
      headers = Map.copyOf(headers);
    }

    /** Returns the source of a client whose transport has no headers. */
    public static Source of(String transport, String remote) {
      return new Source(transport, remote, Map.of());
    }

    /** Returns the network address without the port; empty when it is not known. */
    public String address() {
      return RemoteAddress.host(remote);
    }

    /** Omits the headers, which may be secret. */
    @Override
    public String toString() {
      return transport + " " + remote;
    }
  }

  /** States nothing. */
  public static final Credentials NONE = new Credentials(null, null, null);

  /** Creates credentials without a device. */
  public Credentials(
      String user, String token, String ack, String session, boolean notices, Source source) {
    this(user, token, ack, session, null, notices, source);
  }

  /** Creates credentials without a token. */
  public Credentials(String user, String ack, String session) {
    this(user, null, ack, session, false, Source.UNKNOWN);
  }

  /** Returns credentials that state nothing, of a link. */
  public static Credentials none(Source source) {
    return new Credentials(null, null, null, null, false, source);
  }

  /** Omits everything, since tokens must not appear in a log. */
  @Override
  public String toString() {
    return "Credentials";
  }
}

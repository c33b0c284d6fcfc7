package io.linkspan.trace;

/** A session, as its shard's {@link Tracer} sees it. */
public interface TracedClient {

  /** Returns the public id of the session. */
  String id();

  /** Returns the authenticated name. */
  String user();

  /** Returns the name of the transport; null when the session never had a link here. */
  String transport();

  /** Returns the secret of the session, which no trace shows; null when it has none. */
  String secret();

  /** Sets the trace that receives its frames from now on; null for none. */
  void trace(ClientTrace trace);

  /** Returns the trace; null while nobody watches. */
  ClientTrace trace();
}

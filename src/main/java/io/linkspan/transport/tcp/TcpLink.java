package io.linkspan.transport.tcp;

import io.linkspan.connection.Backlog;
import io.linkspan.connection.Heartbeat;
import io.linkspan.translate.ScratchFrame;
import io.linkspan.transport.channel.ChannelLink;

/**
 * Reads and writes the frames of one connection. Writes everything that is pending before it sends
 * a FIN. Used only on the connection's event loop.
 */
interface TcpLink {

  /** Receives the events of a link. */
  interface Listener extends ChannelLink.Listener {

    /**
     * A frame was received.
     *
     * @param bytes begins with the contents of the frame, and is used again after the call
     */
    void onFrame(byte[] bytes, int length);

    /**
     * The bytes are not a valid frame, or the frame is too large. Nothing further is read.
     *
     * @param tooLarge whether the size is the reason
     * @param what description for the client
     */
    void onViolation(boolean tooLarge, String what);

    /** The TCP connection has failed; {@link #onEnd} follows. */
    void onFailure(Throwable failure);

    /** The TCP connection has ended. Called once. */
    void onEnd();
  }

  /** Writes a whole frame; the bytes may be shared and must not be changed. */
  void write(byte[] frame);

  /** Writes a whole frame, which may be used again after the call. */
  void write(ScratchFrame frame);

  /** Handles nothing that is received from now on. */
  void discard();

  /**
   * Sends a FIN after everything that was written. Nothing that is received from now on is handled;
   * the client's own FIN, or {@link #abort}, ends the connection.
   */
  void finish();

  /** Ends the TCP connection now, whatever waits to be written. */
  void abort();

  /** Returns what waits to be written, and what has arrived in part. */
  Backlog backlog();

  /**
   * Returns whether more than a limit waits although it was flushed.
   *
   * @param limit in bytes; 0 is none
   */
  boolean waitsForMoreThan(long limit);

  /** Lets a heartbeat watch what waits, from now until all of it is taken. */
  void watch(Heartbeat heartbeat, long now);

  /** Returns what is due at {@code now}, after reporting the writer's progress to the heartbeat. */
  Heartbeat.Action advance(Heartbeat heartbeat, long now);
}

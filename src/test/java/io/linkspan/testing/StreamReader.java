package io.linkspan.testing;

import io.linkspan.api.Message;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Requests streamed answers for one client, one after the other, and processes each part once. The
 * service writes {@code part N} as part N. Used by the threads of its client, under a lock of the
 * client.
 */
public final class StreamReader {

  /** Header of each part: the id of its stream. */
  private static final String STREAM = "stream";

  private static final long STOPPED_AFTER_NS = 60_000_000_000L;

  private static final String OFFSET = "stream-offset";
  private static final String END = "stream-end";

  /** One stream, of which a client may have received parts. */
  private static final class Stream {
    final String request;
    final BitSet processed = new BitSet();
    String end;

    Stream(String request) {
      this.request = request;
    }
  }

  private final String user;
  private final Map<String, Stream> streams = new LinkedHashMap<>();

  /** EventId of the request whose answer is not over; null when there is none. */
  private String current;

  /** Time of the request, or of the last Message of a stream. */
  private long lastAt;

  private int requests;

  /** Contradictions to what is promised of a stream. */
  public final List<String> faults = new ArrayList<>();

  /** How many streams have ended, by their ends. */
  public final Map<String, Integer> ends = new TreeMap<>();

  /** Requests that ended with an error, by its code. */
  public final Map<String, Integer> refused = new TreeMap<>();

  /** Streams that stopped since the session was lost with its node. */
  public int lostWithSession;

  public int stopped;
  public int parts;
  public int redelivered;

  StreamReader(String user) {
    this.user = user;
  }

  /** Returns the next request; null while an answer is being streamed. */
  Message request(String to) {
    if (!isIdle()) {
      return null;
    }
    lastAt = System.nanoTime();
    current = user + "-stream-" + ++requests;
    return Message.newBuilder().setEventId(current).setTo(to).setType("text").build();
  }

  /** Returns whether an eventId is that of a request of this reader. */
  boolean isRequest(String eventId) {
    return eventId.startsWith(user + "-stream-");
  }

  /**
   * Returns whether each requested stream has ended, or has stopped: without an end, when the nodes
   * of its client and of its service were both lost.
   */
  boolean isIdle() {
    if (current != null && System.nanoTime() - lastAt > STOPPED_AFTER_NS) {
      stopped++;
      current = null;
    }
    return current == null;
  }

  /** A request has failed; parts may follow if the service received it nevertheless. */
  void refused(String eventId, String code) {
    refused.merge(code, 1, Integer::sum);
    over(eventId);
  }

  /**
   * The session was lost, and its stream with it: one that the service has begun for the former
   * session does not reach the new one.
   *
   * @return the eventId of the request, which is over; null when there is none
   */
  String sessionLost() {
    String lost = current;
    if (lost != null) {
      lostWithSession++;
      current = null;
    }
    return lost;
  }

  /**
   * Processes a Message if it belongs to a stream.
   *
   * @return whether it does
   */
  boolean take(Message message) {
    String id = message.getHeadersOrDefault(STREAM, "");
    if (id.isEmpty()) {
      return false;
    }
    lastAt = System.nanoTime();
    Stream stream = streams.computeIfAbsent(id, any -> new Stream(message.getReplyTo()));
    String end = message.getHeadersOrDefault(END, "");
    if (!message.getReplyTo().equals(stream.request)) {
      faults.add(id + " has parts for " + stream.request + " and " + message.getReplyTo());
    } else if (end.isEmpty()) {
      part(id, stream, Integer.parseInt(message.getHeadersOrThrow(OFFSET)), message.getBody());
    } else {
      end(id, stream, end, message.getHeadersOrDefault(OFFSET, ""));
    }
    return true;
  }

  private void part(String id, Stream stream, int offset, String body) {
    if (!body.equals("part " + offset)) {
      faults.add(id + " has \"" + body + "\" at " + offset);
    } else if (stream.processed.get(offset)) {
      redelivered++;
    } else if (stream.end != null) {
      faults.add(id + " has part " + offset + " after its end " + stream.end);
    } else if (offset < stream.processed.length()) {
      faults.add(id + " has part " + offset + " after " + (stream.processed.length() - 1));
    } else {
      parts++;
      stream.processed.set(offset);
    }
  }

  private void end(String id, Stream stream, String end, String offset) {
    if (stream.end != null) {
      redelivered++;
      if (!stream.end.equals(end)) {
        faults.add(id + " ends as " + stream.end + " and as " + end);
      }
      return;
    }
    stream.end = end;
    ends.merge(end, 1, Integer::sum);
    // Before an error, parts may be missing.
    int count = stream.processed.cardinality();
    if (end.equals("complete") && !offset.equals(Integer.toString(count))) {
      faults.add(id + " is complete at " + offset + " with " + count + " parts");
    }
    over(stream.request);
  }

  private void over(String request) {
    if (request.equals(current)) {
      current = null;
    }
  }
}

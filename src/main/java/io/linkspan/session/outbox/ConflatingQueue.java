package io.linkspan.session.outbox;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.SlowPolicy;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.wire.Pending;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Stands in front of one {@link Outbox} and holds Messages that need not all arrive, while the
 * client is away or reads more slowly than it is sent to. Otherwise it passes them on at once. Used
 * only on the event loop of its shard.
 *
 * <p>A Message with {@link SlowPolicy#LATEST} takes the place of the one with the same key. One
 * with {@link SlowPolicy#DROP_OLDEST} is added at the end. When the bounds are reached, the oldest
 * of the second kind is dropped, then the oldest of the first. What leaves the queue is a Message
 * of the outbox as any other.
 */
public final class ConflatingQueue {

  /** Messages that the client may leave unacknowledged before further ones wait here. */
  private static final int MAX_UNACKNOWLEDGED = 64;

  /** Identifies Messages of which the newest is enough. */
  private record Key(String from, String to, String type, String key) {

    static Key of(Message message) {
      String key = Headers.get(message, Headers.SLOW_KEY);
      return new Key(message.getFrom(), message.getTo(), message.getType(), key == null ? "" : key);
    }
  }

  /** A delivery with its place in the order of all that wait. */
  private record Waiting(PendingDelivery delivery, long place) {}

  private final OutboxParts shared;
  private final Outbox outbox;
  private final String session;
  private final boolean keeps;
  private final Map<Key, Waiting> latest = new LinkedHashMap<>(4);
  private final Queue<Waiting> others = new ArrayDeque<>(0);
  private long lastPlace;
  private long bytes;

  /** Counts the links, so that what an earlier one reports is ignored. */
  private int links;

  /** Whether the link reports when it is writable. */
  private boolean asked;

  /** Whether Messages are being passed on: an outcome may cause another call. */
  private boolean passing;

  /**
   * Creates an empty queue.
   *
   * @param session public id of the client's session
   * @param keeps whether Messages wait while the client is away
   */
  public ConflatingQueue(OutboxParts shared, Outbox outbox, String session, boolean keeps) {
    this.shared = shared;
    this.outbox = outbox;
    this.session = session;
    this.keeps = keeps;
    outbox.whenLess(this::passOn);
    if (outbox.link() != null) {
      outbox.link().backlog().keepShort();
    }
  }

  /**
   * Takes a Message whose policy is not {@link SlowPolicy#QUEUE}.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return false when it was refused; the callback has failed then
   */
  public boolean offer(Outgoing outgoing, DeliveryCallback callback, long now) {
    SlowPolicy policy = outgoing.slowPolicy();
    if (policy == SlowPolicy.CUT) {
      cutIfSlow();
      return outbox.offer(outgoing, callback, now);
    }
    if (isEmpty() && isOpen()) {
      return outbox.offer(outgoing, callback, now);
    }
    MessageException refusal = refusalOf(outgoing);
    if (refusal != null) {
      shared.undelivered(outgoing, refusal, session, callback);
      return false;
    }
    add(policy, shared.delivery(outbox, 0, outgoing, callback, outbox.link() == null));
    shared.held(outgoing, session);
    passOn(now);
    return true;
  }

  private MessageException refusalOf(Outgoing outgoing) {
    if (outbox.link() == null && !keeps) {
      return Refusals.away();
    }
    if (shared.drops(outgoing)) {
      return MessageCost.full();
    }
    return outgoing.size() > shared.limits().maxSlowBytes() ? Refusals.slow() : null;
  }

  private void cutIfSlow() {
    Connection link = outbox.link();
    if (link == null) {
      return;
    }
    Backlog backlog = link.backlog();
    if (!backlog.isWritable() && backlog.bytes() > shared.limits().maxSlowBytes()) {
      shared.metrics().slow().cut();
      link.close(CloseReason.SLOW_CONSUMER);
    }
  }

  /** Takes a Message that waited in the queue of the same session on another shard. */
  public void restore(Pending before, DeliveryCallback callback) {
    PendingDelivery delivery = shared.restored(outbox, 0, before, callback);
    add(delivery.outgoing().slowPolicy(), delivery);
  }

  private void add(SlowPolicy policy, PendingDelivery delivery) {
    bytes += delivery.size();
    shared.metrics().slow().waits(1);
    shared.memory().charge(MemoryUse.OUTBOX, DeliveryQueue.DELIVERY);
    delivery.hold(shared.memory());
    if (policy == SlowPolicy.LATEST) {
      Key key = Key.of(delivery.message());
      Waiting older = latest.get(key);
      // The place of the older one stays, so that each key gets its turn.
      latest.put(key, new Waiting(delivery, older == null ? ++lastPlace : older.place()));
      if (older != null) {
        supersede(older.delivery());
      }
    } else {
      others.add(new Waiting(delivery, ++lastPlace));
    }
    while (size() > shared.limits().maxSlow() || bytes > shared.limits().maxSlowBytes()) {
      dropOldest();
    }
  }

  private void dropOldest() {
    Waiting oldest = others.poll();
    shared.metrics().slow().dropped(oldest == null ? SlowPolicy.LATEST : SlowPolicy.DROP_OLDEST);
    drop(oldest == null ? takeLatest() : oldest, Refusals.slow());
  }

  private void drop(Waiting waiting, MessageException why) {
    release(waiting.delivery());
    shared.undelivered(waiting.delivery().outgoing(), why, session, waiting.delivery().callback);
  }

  private void supersede(PendingDelivery older) {
    release(older);
    shared.metrics().slow().superseded();
    shared.superseded(older, session);
  }

  private void release(PendingDelivery delivery) {
    bytes -= delivery.size();
    shared.metrics().slow().waits(-1);
    shared.memory().release(MemoryUse.OUTBOX, DeliveryQueue.DELIVERY);
    delivery.release(shared.memory());
  }

  private Waiting takeLatest() {
    var first = latest.entrySet().iterator();
    Waiting oldest = first.next().getValue();
    first.remove();
    return oldest;
  }

  private Waiting take() {
    Waiting other = others.peek();
    Waiting oldest = latest.isEmpty() ? null : latest.values().iterator().next();
    return oldest == null || (other != null && other.place() < oldest.place())
        ? others.poll()
        : takeLatest();
  }

  private void passOn() {
    if (!isEmpty()) {
      passOn(shared.timeouts().now());
    }
  }

  /** Passes on what the link takes, and asks it to report when it takes more. */
  private void passOn(long now) {
    if (passing) {
      return;
    }
    passing = true;
    try {
      while (!isEmpty() && isOpen()) {
        PendingDelivery next = take().delivery();
        release(next);
        outbox.offer(next.outgoing(), next.callback, now);
      }
    } finally {
      passing = false;
    }
    if (!isEmpty() && !asked) {
      ask();
    }
  }

  /** Asks the link to report when it is writable, unless acknowledgements are what is missing. */
  private void ask() {
    Connection link = outbox.link();
    if (link == null || !hasRoom()) {
      return;
    }
    asked = true;
    int asking = links;
    Backlog backlog = link.backlog();
    // The link may be another one than at first: an upgrade replaces polling.
    backlog.keepShort();
    backlog.whenWritable(() -> writable(asking));
  }

  private void writable(int asking) {
    if (asking == links) {
      asked = false;
      passOn();
    }
  }

  /** The link has ended: everything waits. */
  public void detach() {
    links++;
    asked = false;
  }

  /** The client has resumed, and the outbox has sent what it could. */
  public void attach(long now) {
    detach();
    if (outbox.link() != null) {
      // It may have ended by what was sent.
      outbox.link().backlog().keepShort();
      passOn(now);
    }
  }

  /** Fails everything: the session ends. */
  public void end(MessageException reason) {
    while (!isEmpty()) {
      drop(take(), reason);
    }
  }

  /** Removes everything; no callback is called. */
  public void clear() {
    while (!isEmpty()) {
      PendingDelivery next = take().delivery();
      release(next);
      OutboxParts.moved(next.outgoing());
    }
  }

  /** Visits every Message that waits, those of the policy latest first. */
  public void forEach(Consumer<PendingDelivery> visitor) {
    latest.values().forEach(waiting -> visitor.accept(waiting.delivery()));
    others.forEach(waiting -> visitor.accept(waiting.delivery()));
  }

  /** Returns the bytes that the queue holds, as if no other one held the same Messages. */
  public long held() {
    return size() * DeliveryQueue.DELIVERY + 2 * bytes;
  }

  /** Returns the number of Messages that wait. */
  public int size() {
    return latest.size() + others.size();
  }

  private boolean isEmpty() {
    return latest.isEmpty() && others.isEmpty();
  }

  private boolean isOpen() {
    Connection link = outbox.link();
    return link != null && hasRoom() && link.backlog().isWritable();
  }

  private boolean hasRoom() {
    return outbox.size() < MAX_UNACKNOWLEDGED;
  }
}

package io.linkspan.session;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryCallbacks;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.session.transfer.IncomingTransfers;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * Moves Messages from the mailbox of a user, or of a user's device, to the outbox of one session,
 * page by page. Other Messages to the session or its user wait meanwhile. A Message stays in the
 * mailbox until the client has acknowledged it.
 *
 * <pre>
 *           start            page            no room in the outbox
 *   IDLE ─────────► READING ──────► delivers ─────────────────────► WAITING
 *     ▲              │ ▲ ▲              │ ▲                            │
 *     │       failed │ │ └── not last ──┤ └──── acknowledged, time ────┘
 *     │              ▼ │ time           │
 *     │            FAILED               │
 *     └─────────────────────── last ────┘         any ── stop ──► STOPPED
 * </pre>
 *
 * <p>While the store fails, nothing waits for it. Used only on the event loop of the session's
 * shard.
 */
final class MailCollection {

  private enum State {
    IDLE,
    READING,
    WAITING,
    FAILED,
    STOPPED
  }

  private static final long FAILED_PAUSE_MS = 5_000;
  private static final long ROOM_PAUSE_MS = 1_000;

  /** Parts of the time after which a device is forgotten; one passes until it is seen again. */
  private static final long SEEN_PARTS = 4;

  private final MailParts with;
  private final Session session;

  /** Key of the session's device; empty for none. */
  private final String device;

  /** The boxes to read, one after the other. */
  private final List<String> boxes;

  /** Index of the box that is read. */
  private int box;

  private State state = State.IDLE;

  /** Whether something may have been appended since the read in flight began. */
  private boolean again;

  /** Where to read on in each box. */
  private final LogPosition[] positions;

  /** Time until which the store need not know again that the device is connected. */
  private long seenUntil = Long.MIN_VALUE;

  /** Entries that were read and wait for room in the outbox; with their bytes. */
  private final Queue<LogEntry> page = new ArrayDeque<>(0);

  private long pageBytes;
  private boolean isLastPage;
  private long timer;

  /** Holds what arrives for the session; null while nothing waits. */
  private IncomingTransfers.Arrival hold;

  /** How many were held when the read in flight began: they wait only for what it finds. */
  private int heldBefore;

  MailCollection(MailParts with, Session session, String device) {
    this.with = with;
    this.session = session;
    this.device = device;
    boxes = with.mailboxes().boxesOf(session.user(), device);
    positions = new LogPosition[boxes.size()];
    Arrays.fill(positions, LogPosition.START);
  }

  /** Returns whether it reads the mailbox of a device. */
  boolean isOf(String key) {
    return device.equals(key);
  }

  /** Reads what is in the mailbox and was not read yet. */
  void start() {
    switch (state) {
      case IDLE -> {
        hold();
        begin();
      }
      case READING, WAITING -> again = true;
      case FAILED -> {
        // The timer reads.
      }
      case STOPPED -> throw new IllegalStateException();
    }
  }

  private void hold() {
    if (hold == null) {
      hold = with.incoming().expect(session.user(), session.id());
    }
  }

  private void release() {
    if (hold != null) {
      IncomingTransfers.Arrival held = hold;
      hold = null;
      with.incoming().end(held);
    }
  }

  /** Reads all boxes, once the device is known where it has one of its own. */
  private void begin() {
    box = 0;
    if (!with.mailboxes().arePerDevice() || !isToBeSeen()) {
      read();
      return;
    }
    state = State.READING;
    with.mailboxes()
        .seen(session.user(), device, with.scheduler().wallTime())
        .onComplete(
            seen -> {
              if (state == State.READING) {
                seenUntil = with.scheduler().now() + with.mailboxes().longest() / SEEN_PARTS;
                read();
              }
            },
            failure -> failed());
  }

  private boolean isToBeSeen() {
    return with.scheduler().now() > seenUntil;
  }

  /** The session is still connected: its device is not forgotten. */
  void refresh() {
    if (state == State.IDLE && isToBeSeen()) {
      start();
    }
  }

  private void read() {
    state = State.READING;
    if (box == 0) {
      again = false;
      heldBefore = hold.size();
    }
    if (with.memory().isAt(MemoryLevel.FULL)) {
      failed();
      return;
    }
    with.mailboxes()
        .read(boxes.get(box), positions[box], with.scheduler().wallTime())
        .onComplete(this::arrived, failure -> failed());
  }

  private void failed() {
    if (state == State.READING) {
      state = State.FAILED;
      timer = with.scheduler().schedule(FAILED_PAUSE_MS, this::readAgain);
      release();
    }
  }

  private void readAgain() {
    hold();
    begin();
  }

  private void arrived(LogRead read) {
    if (state != State.READING) {
      return;
    }
    if (read instanceof LogRead.Page some) {
      positions[box] = some.position();
      isLastPage = some.isLast();
      some.entries().forEach(this::add);
      deliver();
    } else {
      // All that was read before has left the mailbox.
      positions[box] = LogPosition.START;
      read();
    }
  }

  private void add(LogEntry entry) {
    page.add(entry);
    pageBytes += entry.message().size();
    with.memory().charge(MemoryUse.ROUTING, entry.message().size());
  }

  private LogEntry take() {
    LogEntry entry = page.remove();
    pageBytes -= entry.message().size();
    with.memory().release(MemoryUse.ROUTING, entry.message().size());
    return entry;
  }

  private void deliver() {
    hold.setBlocked(false);
    while (state != State.STOPPED && !page.isEmpty()) {
      Message stored = parse(page.element());
      var outgoing = new Outgoing(Mailboxes.forClient(stored));
      MessageException refusal = session.refusalOf(outgoing);
      if (refusal != null && refusal.code() == ErrorCode.QUEUE_FULL) {
        state = State.WAITING;
        hold.setBlocked(true);
        timer = with.scheduler().schedule(ROOM_PAUSE_MS, this::deliver);
        return;
      }
      var letter = new Letter(boxes.get(box), positions[box].epoch(), take().offset(), stored);
      session.deliver(outgoing, letter);
    }
    if (state == State.STOPPED) {
      return;
    }
    if (isLastPage && box + 1 < boxes.size()) {
      box++;
    } else if (isLastPage && !again) {
      state = State.IDLE;
      release();
      return;
    } else if (isLastPage) {
      box = 0;
      with.incoming().release(hold, heldBefore);
    }
    if (state != State.STOPPED) {
      read();
    }
  }

  private static Message parse(LogEntry entry) {
    try {
      return Message.parseFrom(entry.message());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a mailbox has something that is not a Message", e);
    }
  }

  /** The session is not on this shard any more. */
  void stop() {
    if (state == State.FAILED || state == State.WAITING) {
      with.scheduler().cancel(timer);
    }
    state = State.STOPPED;
    with.memory().release(MemoryUse.ROUTING, pageBytes);
    page.clear();
    if (session.hasMoved()) {
      // The shard that takes it must know so before the first forwarded Message arrives.
      with.scheduler().schedule(1, this::release);
    } else {
      release();
    }
  }

  /** Callback of a Message that is in the mailbox too. */
  private final class Letter implements DeliveryCallback {
    private final String box;
    private final long epoch;
    private final long offset;
    private final Message message;

    Letter(String box, long epoch, long offset, Message message) {
      this.box = box;
      this.epoch = epoch;
      this.offset = offset;
      this.message = message;
    }

    @Override
    public void delivered(By by, Message reply) {
      with.mailboxes().delivered();
      remove();
      DeliveryCallbacks.confirm(sender(), by, reply);
    }

    @Override
    public void failed(MessageException failure) {
      // Where the session has ended or moved the Message stays for the next one.
      if (failure.code() == ErrorCode.TIMEOUT && !session.hasEnded() && !session.hasMoved()) {
        with.mailboxes().undeliverable(session.user(), message);
        remove();
        DeliveryCallbacks.fail(sender(), failure);
      }
    }

    private void remove() {
      with.removals().add(box, epoch, offset);
      if (state == State.WAITING) {
        with.scheduler().cancel(timer);
        timer = with.scheduler().schedule(1, MailCollection.this::deliver);
      }
    }

    /** Returns the callback of the sender that waits; null if none does. It can be taken once. */
    private DeliveryCallback sender() {
      Mailboxes.Waiting waiting = Mailboxes.waitingFor(message);
      return waiting == null ? null : with.sender().resolve(waiting.origin(), waiting.ticket());
    }
  }
}

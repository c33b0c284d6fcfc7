package io.linkspan.cluster;

import com.google.protobuf.ByteString;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.linkspan.log.Appended;
import io.linkspan.log.BoundedLog;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.NewEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Serialized forms of logs and of their changes, for {@link DirectorySerializers}. */
final class LogForms {

  private LogForms() {}

  static void writeLog(ObjectDataOutput out, BoundedLog log) throws IOException {
    out.writeLong(log.epoch());
    out.writeLong(log.first());
    out.writeLong(log.next());
    writeEntries(out, log.entries());
  }

  static BoundedLog readLog(ObjectDataInput in) throws IOException {
    return new BoundedLog(in.readLong(), in.readLong(), in.readLong(), readEntries(in));
  }

  static void writeAppend(ObjectDataOutput out, LogProcessors.Append append) throws IOException {
    out.writeLong(append.epoch());
    out.writeInt(append.entries().size());
    for (NewEntry entry : append.entries()) {
      out.writeLong(entry.expires());
      out.writeByteArray(entry.message().toByteArray());
    }
    LogBounds bounds = append.bounds();
    out.writeInt(bounds.messages());
    out.writeLong(bounds.bytes());
    out.writeLong(bounds.age().toMillis());
    out.writeBoolean(bounds.whenFull() == LogBounds.WhenFull.DROP_OLDEST);
    out.writeLong(append.now());
  }

  static LogProcessors.Append readAppend(ObjectDataInput in) throws IOException {
    long epoch = in.readLong();
    int count = in.readInt();
    List<NewEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long expires = in.readLong();
      entries.add(new NewEntry(ByteString.copyFrom(in.readByteArray()), expires));
    }
    var bounds =
        new LogBounds(
            in.readInt(),
            in.readLong(),
            Duration.ofMillis(in.readLong()),
            in.readBoolean() ? LogBounds.WhenFull.DROP_OLDEST : LogBounds.WhenFull.REFUSE);
    return new LogProcessors.Append(epoch, entries, bounds, in.readLong());
  }

  static void writeAppended(ObjectDataOutput out, Appended appended) throws IOException {
    out.writeLong(appended.epoch());
    out.writeLong(appended.first());
    out.writeInt(appended.accepted());
    out.writeInt(appended.dropped());
    out.writeInt(appended.expired());
  }

  static Appended readAppended(ObjectDataInput in) throws IOException {
    return new Appended(in.readLong(), in.readLong(), in.readInt(), in.readInt(), in.readInt());
  }

  static void writePosition(ObjectDataOutput out, LogPosition position) throws IOException {
    out.writeLong(position.epoch());
    out.writeLong(position.offset());
  }

  static LogPosition readPosition(ObjectDataInput in) throws IOException {
    return new LogPosition(in.readLong(), in.readLong());
  }

  static void writeRead(ObjectDataOutput out, LogProcessors.Read read) throws IOException {
    writePosition(out, read.from());
    out.writeInt(read.maxEntries());
    out.writeLong(read.maxBytes());
    out.writeLong(read.now());
  }

  static LogProcessors.Read readRead(ObjectDataInput in) throws IOException {
    return new LogProcessors.Read(readPosition(in), in.readInt(), in.readLong(), in.readLong());
  }

  static void writeRemove(ObjectDataOutput out, LogProcessors.Remove remove) throws IOException {
    out.writeLong(remove.epoch());
    out.writeLongArray(remove.offsets().stream().mapToLong(Long::longValue).toArray());
  }

  static LogProcessors.Remove readRemove(ObjectDataInput in) throws IOException {
    long epoch = in.readLong();
    List<Long> offsets = new ArrayList<>();
    for (long offset : in.readLongArray()) {
      offsets.add(offset);
    }
    return new LogProcessors.Remove(epoch, offsets);
  }

  static void writePage(ObjectDataOutput out, LogRead.Page page) throws IOException {
    out.writeLong(page.epoch());
    writeEntries(out, page.entries());
    out.writeLong(page.next());
    out.writeLong(page.end());
    out.writeLong(page.missing());
  }

  static LogRead.Page readPage(ObjectDataInput in) throws IOException {
    return new LogRead.Page(
        in.readLong(), readEntries(in), in.readLong(), in.readLong(), in.readLong());
  }

  static void writeGone(ObjectDataOutput out, LogRead.Gone gone) throws IOException {
    out.writeLong(gone.epoch());
    out.writeLong(gone.first());
  }

  static LogRead.Gone readGone(ObjectDataInput in) throws IOException {
    return new LogRead.Gone(in.readLong(), in.readLong());
  }

  private static void writeEntries(ObjectDataOutput out, Collection<LogEntry> entries)
      throws IOException {
    out.writeInt(entries.size());
    for (LogEntry entry : entries) {
      out.writeLong(entry.offset());
      out.writeLong(entry.time());
      out.writeLong(entry.expires());
      out.writeByteArray(entry.message().toByteArray());
    }
  }

  private static List<LogEntry> readEntries(ObjectDataInput in) throws IOException {
    int count = in.readInt();
    List<LogEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(
          new LogEntry(
              in.readLong(),
              in.readLong(),
              in.readLong(),
              ByteString.copyFrom(in.readByteArray())));
    }
    return entries;
  }
}

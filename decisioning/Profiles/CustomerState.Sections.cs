using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Profiles;

/// <content>Parts of a stored state that not every customer has: each with its id and length, left out when empty.</content>
public sealed partial class CustomerState
{
    /// <summary>In the order in which they are stored. Ids are stored and never reused.</summary>
    private static readonly Section[] Sections =
    [
        new(1, state => state._metricTexts.Entries.IsEmpty, (state, writer) => state.WriteMetricsSection(writer),
            (state, ref reader) => state.ReadMetricsSection(ref reader)),
        new(
            2,
            state => state._membership.IsEmpty,
            (state, writer) => state._membership.Write(writer),
            (state, ref reader) => state._membership = PackedMembership.Read(ref reader)),
        new(3, state => state._experiments.Length == 0, (state, writer) => state.WriteExperiments(writer),
            (CustomerState state, ref ByteReader reader) => state.ReadExperiments(ref reader)),
        new(4, state => state._channelConsents.Length + state._suppressed.Length == 0, (state, writer) => state.WriteConsentSection(writer),
            (CustomerState state, ref ByteReader reader) => state.ReadConsentSection(ref reader)),
    ];

    /// <summary>Only in snapshots: until when the segments hold, for which definitions, and when they were looked at. Not part of what facts fold to.</summary>
    private static readonly Section Remembered = new(
        16,
        state => state._segmentsSequence != state.Sequence,
        (state, writer) =>
        {
            writer.Fixed64(state._segmentsStamp);
            writer.Signed(state._segmentsDueMicros);
            writer.Signed(state._segmentsAtMicros);
        },
        (state, ref reader) =>
        {
            var (stamp, due) = (reader.Fixed64(), reader.Signed());
            if (!reader.AtEnd)
            {
                // Without the moment nothing is remembered: the segments are looked at afresh.
                state.RememberSegments(stamp, state.Sequence, due, reader.Signed());
            }
        });

    private delegate void ReadSection(CustomerState state, ref ByteReader reader);

    private void WriteSections(ByteWriter writer, bool remembered)
    {
        remembered = remembered && !Remembered.IsEmpty(this);
        var written = remembered ? 1 : 0;
        foreach (var section in Sections)
        {
            written += section.IsEmpty(this) ? 0 : 1;
        }

        writer.Count(written);
        if (written == 0)
        {
            return;
        }

        using var content = new ByteWriter(256);
        foreach (var section in Sections)
        {
            if (!section.IsEmpty(this))
            {
                Write(section, content, writer);
            }
        }

        if (remembered)
        {
            Write(Remembered, content, writer);
        }
    }

    private void Write(Section section, ByteWriter content, ByteWriter writer)
    {
        content.Clear();
        section.Write(this, content);
        writer.Count(section.Id);
        writer.Blob(content.Written);
    }

    private void ReadSections(ref ByteReader reader)
    {
        for (var count = reader.Items(2); count > 0; count--)
        {
            var id = reader.Count();
            var section = (id == Remembered.Id ? Remembered : Array.Find(Sections, known => known.Id == id))
                ?? throw new CorruptDataException($"a customer's snapshot has a section {id} that this version does not know");
            var content = new ByteReader(reader.Blob());
            section.Read(this, ref content);
            content.End();
        }
    }

    /// <param name="Id">1 metrics, 2 segments, 3 experiments, 4 suppression.</param>
    private sealed record Section(int Id, Predicate<CustomerState> IsEmpty, Action<CustomerState, ByteWriter> Write, ReadSection Read);
}

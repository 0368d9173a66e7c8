using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Profiles;

/// <content>The stored form of a state: snapshots, and copies for dry runs.</content>
public sealed partial class CustomerState
{
    /// <summary>First byte of a stored state.</summary>
    public const byte Format = 1;

    /// <summary>A decided offer is 18 numbers, the hash among them of 8 bytes.</summary>
    private const int LeastOpenBytes = 17 + 8;

    /// <summary>Writes what the facts fold to: equal histories give equal bytes.</summary>
    public void Write(ByteWriter writer) => Write(writer, remembered: false);

    /// <summary>Writes the same, and beside it what is remembered to save work: for a snapshot or a copy.</summary>
    public void Save(ByteWriter writer) => Write(writer, remembered: true);

    private void Write(ByteWriter writer, bool remembered)
    {
        writer.Byte(Format);
        writer.Signed(Sequence);
        writer.Signed(FirstSeenMicros);
        writer.Signed(LastSeenMicros);
        writer.Text(LastChannel);
        writer.Fixed64(DefinitionsHash);
        writer.Count(CatalogVersion);
        if (_firstId is null)
        {
            writer.Count(0);
        }
        else
        {
            writer.Count(1 + _otherIds.Length);
            writer.Text(_firstId);
            foreach (var id in _otherIds)
            {
                writer.Text(id);
            }
        }

        PropertyBody.Write(_attributes.Length == 0 ? [] : Array.ConvertAll(_attributes, entry => new Property(entry.Name, entry.Value)), writer);
        writer.Count(_consents.Length);
        foreach (var (purpose, granted, at) in _consents)
        {
            writer.Text(purpose);
            writer.Bool(granted);
            writer.Signed(at);
        }

        writer.Count(_tallies.Length);
        foreach (var (type, count, last, value) in _tallies)
        {
            writer.Text(type);
            writer.Signed(count);
            writer.Signed(last);
            writer.Signed(value);
        }

        writer.Count(_lists.Count);
        for (var i = 0; i < _lists.Count; i++)
        {
            var points = _lists.At(i);
            writer.Fixed64(_lists.IdAt(i));
            writer.Count(points.Length);
            foreach (var (at, amount) in points)
            {
                writer.Signed(at);
                writer.Double(amount);
            }
        }

        writer.Count(_openCount);
        foreach (ref readonly var open in Open)
        {
            WriteOpen(in open, writer);
        }

        writer.Count(_messages.Hashes.Length);
        foreach (var hash in _messages.Older)
        {
            writer.Fixed64(hash);
        }

        foreach (var hash in _messages.Newer)
        {
            writer.Fixed64(hash);
        }

        WriteSections(writer, remembered);
    }

    /// <exception cref="CorruptDataException">Damaged, cut, or of a later format.</exception>
    public static CustomerState Read(CustomerKey key, ReadOnlySpan<byte> data)
    {
        var reader = Begin(data);
        var state = new CustomerState(key)
        {
            Sequence = reader.Signed(),
            FirstSeenMicros = reader.Signed(),
            LastSeenMicros = reader.Signed(),
            LastChannel = NamePool.Find(ref reader) is { } channel ? NamePool.Get(channel) : null,
            DefinitionsHash = reader.Fixed64(),
            CatalogVersion = reader.Count(),
        };
        for (var ids = reader.Items(); ids > 0; ids--)
        {
            state.AddId(reader.RequiredText());
        }

        foreach (var (name, value) in PropertyBody.Read(ref reader))
        {
            state.SetAttribute(name, value);
        }

        state._consents = new ConsentEntry[reader.Items()];
        for (var i = 0; i < state._consents.Length; i++)
        {
            state._consents[i] = new ConsentEntry(NamePool.Read(ref reader), reader.Bool(), reader.Signed());
        }

        state._tallies = new TouchTally[reader.Items()];
        for (var i = 0; i < state._tallies.Length; i++)
        {
            state._tallies[i] = new TouchTally(NamePool.Read(ref reader), reader.Signed(), reader.Signed(), reader.Signed());
        }

        state.BeginLists(reader);
        for (var lists = reader.Items(); lists > 0; lists--)
        {
            var id = reader.Fixed64();
            var points = PointsOfList(ref reader);
            state._lists.Add(id, points);
            for (; points > 0; points--)
            {
                state._lists.Insert(id, new TimedPoint(reader.Signed(), reader.Double()), int.MaxValue);
            }
        }

        state._openCount = reader.Items(LeastOpenBytes);
        state._open = new OpenDecision[state._openCount];
        for (var i = 0; i < state._openCount; i++)
        {
            state._open[i] = ReadOpen(ref reader);
        }

        var messages = reader.Items(sizeof(ulong));
        state._messages.Begin(messages);
        for (; messages > 0; messages--)
        {
            state._messages.Add(reader.Fixed64());
        }

        state.ReadSections(ref reader);
        reader.End();
        return state;
    }

    /// <summary>The definitions that a stored state was folded with.</summary>
    /// <inheritdoc cref="Read(CustomerKey, ReadOnlySpan{byte})"/>
    public static ulong DefinitionsOf(ReadOnlySpan<byte> data)
    {
        var reader = Begin(data);
        return SkipToDefinitions(ref reader);
    }

    /// <summary>Whether only the history brings a stored state over a change of definitions: <see cref="TryRedefine"/> would say so of the state, read whole in vain.</summary>
    /// <inheritdoc cref="Read(CustomerKey, ReadOnlySpan{byte})"/>
    public static bool NeedsHistory(ReadOnlySpan<byte> data, DefinitionsChange change)
    {
        var reader = Begin(data);
        SkipToDefinitions(ref reader);
        reader.Count();
        for (var ids = reader.Items(); ids > 0; ids--)
        {
            reader.SkipText();
        }

        PropertyBody.Skip(ref reader);
        for (var consents = reader.Items(); consents > 0; consents--)
        {
            reader.SkipText();
            reader.Bool();
            reader.Signed();
        }

        for (var tallies = reader.Items(); tallies > 0; tallies--)
        {
            if (change.IsOver(NamePool.FindRequired(ref reader)))
            {
                return true;
            }

            reader.Signed();
            reader.Signed();
            reader.Signed();
        }

        return false;
    }

    private static ByteReader Begin(ReadOnlySpan<byte> data)
    {
        var reader = new ByteReader(data);
        var format = reader.Byte();
        return format == Format ? reader : throw new CorruptDataException($"a customer's snapshot has format {format}; this version reads {Format}");
    }

    private static ulong SkipToDefinitions(ref ByteReader reader)
    {
        reader.Signed();
        reader.Signed();
        reader.Signed();
        reader.SkipText();
        return reader.Fixed64();
    }

    /// <summary>Takes the room that the lists need, which follow.</summary>
    /// <param name="ahead">A copy of the reader, which stays where it is.</param>
    private void BeginLists(ByteReader ahead)
    {
        var (lists, points) = (ahead.Items(sizeof(ulong) + 1), 0);
        for (var left = lists; left > 0; left--)
        {
            ahead.Fixed64();
            var count = PointsOfList(ref ahead);
            points += count;
            for (; count > 0; count--)
            {
                ahead.Signed();
                ahead.Double();
            }
        }

        _lists.Begin(lists, points);
    }

    private static int PointsOfList(ref ByteReader reader)
    {
        var points = reader.Items();
        return points <= PackedLists.MostPoints
            ? points
            : throw new CorruptDataException($"a customer's list has {points} points; none has more than {PackedLists.MostPoints}");
    }

    /// <summary>A copy that shares nothing, for a dry run.</summary>
    public CustomerState Clone()
    {
        using var writer = new ByteWriter(1024);
        Save(writer);
        return Read(Key, writer.Written);
    }

    private static void WriteOpen(in OpenDecision open, ByteWriter writer)
    {
        writer.Signed(open.Sequence);
        writer.Count(open.Slot);
        writer.Fixed64(open.DecisionHash);
        writer.Signed(open.AtMicros);
        writer.Signed(open.HoldUntilMicros);
        writer.Signed(open.ReserveUntilMicros);
        writer.Signed(open.GoalUntilMicros);
        writer.Signed(open.CostMicros);
        writer.Signed(open.ReservedMicros);
        writer.Count(open.Offer);
        writer.Count(open.Campaign);
        writer.Count(open.Category);
        writer.Count(open.Channel);
        writer.Count(open.Placement);
        writer.Count(open.Policy);
        writer.Count(open.Segment);
        writer.Count(open.BudgetDay);
        writer.Byte((byte)open.Flags);
    }

    private static OpenDecision ReadOpen(ref ByteReader reader) => new()
    {
        Sequence = reader.Signed(),
        Slot = reader.Count(),
        DecisionHash = reader.Fixed64(),
        AtMicros = reader.Signed(),
        HoldUntilMicros = reader.Signed(),
        ReserveUntilMicros = reader.Signed(),
        GoalUntilMicros = reader.Signed(),
        CostMicros = reader.Signed(),
        ReservedMicros = reader.Signed(),
        Offer = reader.Count(),
        Campaign = reader.Count(),
        Category = reader.Count(),
        Channel = reader.Count(),
        Placement = reader.Count(),
        Policy = reader.Count(),
        Segment = reader.Count(),
        BudgetDay = reader.Count(),
        Flags = (OpenFlags)reader.Byte(),
    };
}

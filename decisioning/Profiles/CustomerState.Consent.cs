using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <content>What may be shown at all: consents by channel, and pauses after what was ignored or dismissed.</content>
public sealed partial class CustomerState
{
    private ChannelConsentEntry[] _channelConsents = [];
    private SuppressedEntry[] _suppressed = [];

    public ReadOnlySpan<ChannelConsentEntry> ChannelConsents => _channelConsents;

    /// <summary>Pauses that were running at the last fact.</summary>
    public ReadOnlySpan<SuppressedEntry> Suppressed => _suppressed;

    /// <summary>What the customer said: of the purpose in this channel, else of the purpose.</summary>
    public bool TryGetConsent(string purpose, string channel, out bool granted)
    {
        foreach (ref readonly var entry in _channelConsents.AsSpan())
        {
            if (entry.Purpose == purpose && entry.Channel == channel)
            {
                granted = entry.Granted;
                return true;
            }
        }

        return TryGetConsent(purpose, out granted);
    }

    private void SetConsent(string purpose, string channel, bool granted, long atMicros)
    {
        for (var i = 0; i < _channelConsents.Length; i++)
        {
            ref var entry = ref _channelConsents[i];
            if (entry.Purpose == purpose && entry.Channel == channel)
            {
                if (IsLastWord(granted, atMicros, entry.AtMicros))
                {
                    entry = entry with { Granted = granted, AtMicros = atMicros };
                }

                return;
            }
        }

        _channelConsents = [.. _channelConsents, new ChannelConsentEntry(NamePool.Get(purpose), NamePool.Get(channel), granted, atMicros)];
    }

    /// <summary>The last word by claimed time holds; of two at the same time, the refusal.</summary>
    private static bool IsLastWord(bool granted, long atMicros, long beforeMicros) => atMicros > beforeMicros || (atMicros == beforeMicros && !granted);

    private void ApplySuppressed(SuppressedFact fact)
    {
        // What was counted has done its work: it takes as many again for the next pause.
        if (_lists.IndexOf(SuppressionCounters.ListId(fact.Rule, fact.Over)) is var index and >= 0)
        {
            _lists.Remove(index);
        }

        for (var i = 0; i < _suppressed.Length; i++)
        {
            ref var entry = ref _suppressed[i];
            if (entry.Rule == fact.Rule && entry.Over == fact.Over)
            {
                entry = entry with { UntilMicros = Math.Max(entry.UntilMicros, fact.UntilMicros) };
                return;
            }
        }

        _suppressed = [.. _suppressed, new SuppressedEntry(fact.Rule, fact.Per, fact.Over, fact.UntilMicros)];
    }

    private void PruneSuppressed()
    {
        foreach (ref readonly var entry in _suppressed.AsSpan())
        {
            if (entry.UntilMicros <= LastSeenMicros)
            {
                var now = LastSeenMicros;
                _suppressed = Array.FindAll(_suppressed, kept => kept.UntilMicros > now);
                return;
            }
        }
    }

    private void WriteConsentSection(ByteWriter writer)
    {
        writer.Count(_channelConsents.Length);
        foreach (var (purpose, channel, granted, at) in _channelConsents)
        {
            writer.Text(purpose);
            writer.Text(channel);
            writer.Bool(granted);
            writer.Signed(at);
        }

        writer.Count(_suppressed.Length);
        foreach (var (rule, per, over, until) in _suppressed)
        {
            writer.Count(rule);
            writer.Byte((byte)per);
            writer.Count(over);
            writer.Signed(until);
        }
    }

    private void ReadConsentSection(ref ByteReader reader)
    {
        _channelConsents = new ChannelConsentEntry[reader.Items(4)];
        for (var i = 0; i < _channelConsents.Length; i++)
        {
            _channelConsents[i] = new ChannelConsentEntry(
                NamePool.Get(reader.RequiredText()), NamePool.Get(reader.RequiredText()), reader.Bool(), reader.Signed());
        }

        _suppressed = new SuppressedEntry[reader.Items(4)];
        for (var i = 0; i < _suppressed.Length; i++)
        {
            _suppressed[i] = new SuppressedEntry(reader.Count(), (CapPer)reader.Byte(), reader.Count(), reader.Signed());
        }
    }
}

namespace PmOrleans.Decisioning.Profiles;

/// <summary>A time, and an amount where one is kept. 16 bytes.</summary>
public readonly record struct TimedPoint(long AtMicros, double Amount);

/// <summary>
/// Many short time-ordered lists in two arrays, each list under a 64-bit id: a customer's cap counters and metric windows without an object
/// for each. A mutable struct, owned by one <see cref="CustomerState"/>.
/// </summary>
internal struct PackedLists
{
    /// <summary>Points of one list at most, far more than a cap counts (1,000).</summary>
    public const int MostPoints = 1 << 14;

    private List[]? _lists;
    private TimedPoint[]? _points;
    private int _listCount;
    private int _pointEnd;

    /// <summary>16 bytes: a customer has a dozen.</summary>
    private struct List
    {
        public ulong Id;
        public int Start;
        private ushort _count;
        private ushort _capacity;

        public int Count
        {
            readonly get => _count;
            set => _count = checked((ushort)value);
        }

        public int Capacity
        {
            readonly get => _capacity;
            set => _capacity = checked((ushort)value);
        }
    }

    public readonly int Count => _listCount;

    public readonly ulong IdAt(int index) => _lists![index].Id;

    public readonly ReadOnlySpan<TimedPoint> At(int index)
    {
        ref readonly var list = ref _lists![index];
        return _points.AsSpan(list.Start, list.Count);
    }

    public readonly int IndexOf(ulong id)
    {
        for (var i = 0; i < _listCount; i++)
        {
            if (_lists![i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Points of a list in time order; empty when there is none.</summary>
    public readonly ReadOnlySpan<TimedPoint> Find(ulong id)
    {
        var index = IndexOf(id);
        return index < 0 ? [] : At(index);
    }

    /// <summary>Inserts in time order; beyond <paramref name="limit"/>, and beyond <see cref="MostPoints"/>, the oldest goes.</summary>
    public void Insert(ulong id, TimedPoint point, int limit)
    {
        limit = Math.Min(limit, MostPoints);
        var index = IndexOf(id);
        if (index < 0)
        {
            index = AddList(id);
        }

        ref var list = ref _lists![index];
        if (list.Count >= limit)
        {
            var points = _points.AsSpan(list.Start, list.Count);
            var drop = list.Count - limit + 1;
            if (point.AtMicros <= points[drop - 1].AtMicros)
            {
                return;
            }

            points[drop..].CopyTo(points);
            list.Count -= drop;
        }

        if (list.Count == list.Capacity)
        {
            Grow(ref list, Math.Min(limit, Math.Max(2, list.Capacity * 2)));
        }

        var target = _points.AsSpan(list.Start, list.Count + 1);
        var at = list.Count;
        while (at > 0 && target[at - 1].AtMicros > point.AtMicros)
        {
            target[at] = target[at - 1];
            at--;
        }

        target[at] = point;
        list.Count++;
    }

    /// <summary>Takes just the room that so many lists and points need; before the first of them.</summary>
    public void Begin(int lists, int points)
    {
        _lists = lists > 0 ? new List[lists] : null;
        _points = points > 0 ? new TimedPoint[points] : null;
    }

    /// <summary>Adds a list with room for so many points, to be filled in time order by <see cref="Insert"/>.</summary>
    public void Add(ulong id, int points)
    {
        if (points > 0 && IndexOf(id) < 0)
        {
            Grow(ref _lists![AddList(id)], points);
        }
    }

    /// <summary>Empties it and keeps the room, for the next customer.</summary>
    public void Clear() => (_listCount, _pointEnd) = (0, 0);

    /// <summary>Drops from the front of a list everything at or before a time.</summary>
    public readonly void DropUntil(int index, long atMicros)
    {
        ref var list = ref _lists![index];
        var points = _points.AsSpan(list.Start, list.Count);
        var drop = 0;
        while (drop < points.Length && points[drop].AtMicros <= atMicros)
        {
            drop++;
        }

        if (drop > 0)
        {
            points[drop..].CopyTo(points);
            list.Count -= drop;
        }
    }

    /// <summary>The points of a list to be changed in place; their times must stay in order.</summary>
    public readonly Span<TimedPoint> Points(int index) => _points.AsSpan(_lists![index].Start, _lists[index].Count);

    /// <summary>Keeps the first <paramref name="count"/> points of a list.</summary>
    public readonly void Shorten(int index, int count) => _lists![index].Count = count;

    /// <summary>Takes a list away; its points become room at the next compaction.</summary>
    public void Remove(int index)
    {
        _listCount--;
        _lists.AsSpan(index + 1, _listCount - index).CopyTo(_lists.AsSpan(index));
    }

    /// <summary>Gives back the room kept for growth: for a customer who is not expected to do more soon.</summary>
    public void Trim()
    {
        var needed = 0;
        for (var i = 0; i < _listCount; i++)
        {
            needed += _lists![i].Count;
        }

        if (_lists is not null && _lists.Length != _listCount)
        {
            Array.Resize(ref _lists, _listCount);
        }

        if (_points is null || _points.Length == needed)
        {
            return;
        }

        var tight = new TimedPoint[needed];
        var end = 0;
        for (var i = 0; i < _listCount; i++)
        {
            ref var list = ref _lists![i];
            _points.AsSpan(list.Start, list.Count).CopyTo(tight.AsSpan(end));
            list.Start = end;
            list.Capacity = list.Count;
            end += list.Count;
        }

        _points = tight;
        _pointEnd = end;
    }

    private int AddList(ulong id)
    {
        if (_lists is null || _listCount == _lists.Length)
        {
            Array.Resize(ref _lists, Math.Max(4, _listCount * 2));
        }

        _lists[_listCount] = new List { Id = id, Start = _pointEnd };
        return _listCount++;
    }

    private void Grow(ref List list, int capacity)
    {
        if (list.Start + list.Capacity == _pointEnd && _points is not null && list.Start + capacity <= _points.Length)
        {
            _pointEnd = list.Start + capacity;
            list.Capacity = capacity;
            return;
        }

        if (_points is null || _pointEnd + capacity > _points.Length)
        {
            Compact(capacity);
            if (list.Capacity > list.Count)
            {
                return;
            }
        }

        if (list.Start + list.Capacity != _pointEnd || list.Start + capacity > _points!.Length)
        {
            _points.AsSpan(list.Start, list.Count).CopyTo(_points.AsSpan(_pointEnd));
            list.Start = _pointEnd;
        }

        list.Capacity = capacity;
        _pointEnd = list.Start + capacity;
    }

    /// <summary>
    /// Rewrites all lists into an array with room for what is about to grow. Each keeps a quarter of its length free, and the array as much and more at its
    /// end: tight lists would all outgrow their places next, each with a rewriting of its own.
    /// </summary>
    private void Compact(int capacity)
    {
        var needed = capacity;
        for (var i = 0; i < _listCount; i++)
        {
            needed += Roomy(_lists![i].Count);
        }

        var fresh = new TimedPoint[needed + (needed / 4) + 8];
        var end = 0;
        for (var i = 0; i < _listCount; i++)
        {
            ref var list = ref _lists![i];
            _points.AsSpan(list.Start, list.Count).CopyTo(fresh.AsSpan(end));
            list.Start = end;
            list.Capacity = Roomy(list.Count);
            end += list.Capacity;
        }

        _points = fresh;
        _pointEnd = end;

        static int Roomy(int count) => count + (count / 4);
    }
}

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// The best ids offered so far, by falling key. Ids must be offered in rising order: an equal key stays behind the
/// earlier one, so ties go to the lower id. Keys are compared as numbers (-0 equals 0) and are never NaN.
/// </summary>
internal ref struct TopKList(Span<int> ids, Span<float> keys)
{
    private readonly Span<int> _ids = ids;
    private readonly Span<float> _keys = keys;
    private int _count;

    public void Offer(int id, float key)
    {
        var place = _count;
        if (_count == _keys.Length)
        {
            if (!(key > _keys[_count - 1]))
            {
                return;
            }

            place--;
        }
        else
        {
            _count++;
        }

        for (; place > 0 && key > _keys[place - 1]; place--)
        {
            _keys[place] = _keys[place - 1];
            _ids[place] = _ids[place - 1];
        }

        _keys[place] = key;
        _ids[place] = id;
    }
}
